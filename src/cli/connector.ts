import { connectorHealth } from './connector-health.ts';
import { connectorLogin, type LoginFlags } from './connector-login.ts';
import { type ConnectorSetFlags, connectorSet } from './connector-set.ts';
import { type Context, type ExitStatus, exitStatus } from './context.ts';
import type { OutputFlags } from './flags.ts';
import { refuse } from './refusal.ts';

export type ConnectorFlags = OutputFlags & ConnectorSetFlags & LoginFlags;

/** What is done with the connector of a fleet, but for serving it. */
export async function connector(
  action: string,
  fleet: string | undefined,
  rest: readonly string[],
  flags: ConnectorFlags,
  context: Context,
): Promise<ExitStatus> {
  refuseStrangeFlags(action, rest, flags);
  switch (action) {
    case 'health':
      return connectorHealth(fleet, flags, context);
    case 'set':
      return connectorSet(fleet, rest, flags, context);
    default:
      return connectorLogin(fleet, flags, context);
  }
}

/** Flags of one action alone. */
const ownFlags: readonly (readonly [action: string, flag: string, isGiven: (flags: ConnectorFlags) => boolean])[] = [
  ['login', '--token-stdin', ({ tokenStdin }) => tokenStdin === true],
  ['set', '--kind', ({ kind }) => kind !== undefined],
  ['set', '--operator', ({ operator }) => operator.length > 0],
  ['set', '--unset', ({ unset }) => unset.length > 0],
  ['set', '--commit', ({ commit }) => commit === true],
  ['set', '--start', ({ start }) => start === true],
  ['set', '--dry-run', ({ dryRun }) => dryRun === true],
];

function refuseStrangeFlags(action: string, rest: readonly string[], flags: ConnectorFlags): void {
  const strange = ownFlags.find(([owner, , isGiven]) => owner !== action && isGiven(flags));
  const what = strange?.[1] ?? (action === 'set' ? undefined : rest[0]);
  if (what === undefined) return;
  throw refuse(
    {
      code: 'usage',
      summary: `${JSON.stringify(what)} is nothing for muster connector ${action}`,
      hint: strange === undefined ? `muster connector ${action} FLEET` : `It belongs to: muster connector ${strange[0]}`,
    },
    exitStatus.usage,
  );
}
