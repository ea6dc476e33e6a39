import { admit } from '../admission/admit.ts';
import { composeDesired } from '../desired/compose.ts';
import { readShipped, type ShippedFiles } from '../host/shipped.ts';
import type { Desired } from '../model/desired.ts';
import type { AdmittedRecord, HostFacts } from '../model/observation.ts';
import type { StateReader } from '../model/ports.ts';
import { type Context, exitStatus } from './context.ts';
import type { SourceFlags } from './flags.ts';
import { desiredOf } from './host.ts';
import { tell } from './output.ts';
import { Refusal } from './refusal.ts';
import { readSource, type Source, servedKinds } from './source.ts';

export interface InForceFlags extends SourceFlags {
  /** Whether the user named a revision or a directory. */
  readonly explicit?: boolean;
}

export interface InForce {
  readonly desired: Desired;
  /** The roster directory holds no roster at all. */
  readonly rosterless: boolean;
}

/** What was last carried out here, unless a directory or revision is named; nothing desired where neither can be read. */
export async function desiredInForce(
  dir: string | undefined,
  flags: InForceFlags,
  facts: HostFacts,
  state: Pick<StateReader, 'admitted'>,
  context: Context,
): Promise<InForce> {
  const shipped = readShipped(context.packageRoot);
  const source = await sourceOf(dir, flags, state, shipped, context);
  if (source !== null) return inForce(source, facts, shipped);
  return { desired: composeDesired({ rosters: [], roles: {}, facts, templates: shipped.templates }), rosterless: true };
}

/** What was last carried out here; `null` where that cannot be read any more, or nothing was. */
export async function desiredOnRecord(
  facts: HostFacts,
  state: Pick<StateReader, 'admitted'>,
  context: Context,
): Promise<Desired | null> {
  const shipped = readShipped(context.packageRoot);
  const source = await recordedSource(await state.admitted(), shipped, context);
  return source === null ? null : inForce(source, facts, shipped).desired;
}

function inForce({ set }: Source, facts: HostFacts, shipped: ShippedFiles): InForce {
  const admission = admit({ set, scope: facts, servedKinds, previous: null, consents: [] });
  if (!admission.admitted) throw new Refusal(admission.diagnostics, exitStatus.denied, set.sources);
  return { desired: desiredOf(admission, set, facts, shipped), rosterless: set.rosters.length === 0 };
}

/** What was last carried out, from where it came; else what is here; `null` where neither can be read. */
async function sourceOf(
  dir: string | undefined,
  flags: InForceFlags,
  state: Pick<StateReader, 'admitted'>,
  shipped: ShippedFiles,
  context: Context,
): Promise<Source | null> {
  if (dir !== undefined || flags.explicit === true) return readSource(dir, flags, shipped, context);
  const admitted = await state.admitted().catch(() => null);
  const recorded = await recordedSource(admitted, shipped, context);
  if (recorded !== null) return recorded;
  return readSource('.', flags, shipped, context).catch((error: unknown) => {
    if (!(error instanceof Refusal)) throw error;
    tell(`no rosters here, and none recorded on this host: showing only what runs\n\n`, context);
    return null;
  });
}

async function recordedSource(admitted: AdmittedRecord | null, shipped: ShippedFiles, context: Context): Promise<Source | null> {
  if (admitted?.source == null) return null;
  const { root, rosters } = admitted.source;
  const read = admitted.revision === null ? { rosters, ref: 'HEAD', worktree: true } : { rosters, ref: admitted.revision };
  return readSource(root, read, shipped, context).catch(() => null);
}
