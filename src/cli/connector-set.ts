import type { ConnectorChange } from '../edit/change.ts';
import type { Scalar } from '../edit/scalar.ts';
import type { Roster } from '../model/roster.ts';
import { type Context, type ExitStatus, exitStatus } from './context.ts';
import { type EditFlags, editRosters } from './edit-roster.ts';
import { fleetToEdit } from './edit-target.ts';
import { type Refusal, refuse } from './refusal.ts';

export interface ConnectorSetFlags extends EditFlags {
  readonly kind?: string;
  readonly operator: readonly string[];
  readonly unset: readonly string[];
}

/** Edits the `connector` block of a roster: its kind, who may speak, and the settings of the kind. What belongs to another kind goes. */
export async function connectorSet(
  fleet: string | undefined,
  pairs: readonly string[],
  flags: ConnectorSetFlags,
  context: Context,
): Promise<ExitStatus> {
  const settings = Object.fromEntries([...pairs.map(pairOf), ...flags.unset.map((key): [string, null] => [keyOf(key), null])]);
  if (flags.kind === undefined && flags.operator.length === 0 && Object.keys(settings).length === 0)
    throw usage('nothing is said to be set', 'Such as: muster connector set FLEET --kind tmux');
  return editRosters(
    (rosters, facts) => {
      const roster = fleetToEdit(rosters, { ...(fleet === undefined ? {} : { fleet }) }, facts, context);
      const change = changeOf(roster, flags, settings);
      const leaves = change.kind !== roster.connector.kind;
      return {
        change: 'connector',
        agent: null,
        roster,
        edit: { kind: 'connector', connector: change },
        subject: leaves
          ? `Move ${roster.fleet} from ${roster.connector.kind} to ${change.kind}`
          : `Change the ${change.kind} connector of ${roster.fleet}`,
        body: '',
        instead: {
          'connector/operators': `Name who may speak, by ids that never change hands: --operator ID`,
          'connector/shape': `Give what is missing, such as: muster connector set ${roster.fleet} --kind ${change.kind} KEY=VALUE`,
        },
        remarks: leaves && !flags.quiet ? [`Secrets are no part of a roster: muster connector login ${roster.fleet}`] : [],
      };
    },
    flags,
    context,
  );
}

function changeOf(
  { connector }: Roster,
  { kind = connector.kind, operator }: ConnectorSetFlags,
  settings: ConnectorChange['settings'],
): ConnectorChange {
  return { kind, operators: operator.length === 0 ? null : operator, settings };
}

function pairOf(pair: string): [string, Scalar | null] {
  const at = pair.indexOf('=');
  if (at <= 0) throw usage(`${JSON.stringify(pair)} is no setting`, 'Such as room_id=!abc:example.org; room_id= takes it away.');
  const value = pair.slice(at + 1);
  return [keyOf(pair.slice(0, at)), value === '' ? null : value === 'true' || value === 'false' ? value === 'true' : value];
}

function keyOf(key: string): string {
  if (/^[a-z][a-z0-9_]{0,62}$/.test(key)) return key;
  throw usage(`${JSON.stringify(key)} is no key of a connector`, 'Keys are lower-case words, such as room_id.');
}

const usage = (summary: string, hint: string): Refusal => refuse({ code: 'usage', summary, hint }, exitStatus.usage);
