import { controllerFiles } from '../desired/controller.ts';
import type { HostConnection } from '../host/connect.ts';
import { saveEdited } from '../host/edited.ts';
import { hostRoots } from '../host/facts.ts';
import { ageOfController, type ControllerAge, type InstallStep, installController, pauseController } from '../host/install.ts';
import { readShipped } from '../host/shipped.ts';
import { controllerStore } from '../host/store.ts';
import { type Diagnostic, isError } from '../model/diagnostic.ts';
import type { FileKey } from '../model/names.ts';
import type { AdmittedRecord, HostFacts } from '../model/observation.ts';
import { isEmptyPlan } from '../model/plan.ts';
import { type Applied, type ApplyFlags, applyUnderLock } from './apply.ts';
import type { Context } from './context.ts';
import type { OutputFlags } from './flags.ts';
import { type Planned, planWhenQuiet } from './plan.ts';
import { Refusal } from './refusal.ts';

export interface HostFlags extends OutputFlags {
  readonly relaunch?: boolean;
}

/** What an update would do on this host; nothing is done yet. */
export interface HostUpdate {
  /** Repository of what is in force, and how it is read; `null` where nothing was carried out here. */
  readonly from: { readonly root: string; readonly flags: ApplyFlags } | null;
  readonly planned: Planned | null;
  /** Files of ours that the plan writes and that somebody has edited. */
  readonly edited: readonly FileKey[];
  readonly controller: ControllerAge;
}

export interface HostUpdated {
  readonly applied: Applied | null;
  readonly saved: readonly { readonly key: FileKey; readonly saved: string }[];
}

/** What is in force stays in force: a new version brings other files, not another revision. */
export async function proposeOnHost(
  host: HostConnection,
  facts: HostFacts,
  flags: HostFlags,
  context: Context,
): Promise<HostUpdate> {
  const controller = await ageOfController({ facts, env: context.env, host }, filesOfController(facts, context));
  const source = await inForce(host, facts, controller !== 'none');
  if (source === null) return { from: null, planned: null, edited: [], controller };
  const from = { root: source.root, flags: { ...flags, ...source.read } };
  const planned = await planWhenQuiet(from.root, from.flags, context);
  return { from, planned, edited: editedFiles(planned), controller };
}

export const isPlanned = ({ planned }: HostUpdate): boolean => planned !== null && !isEmptyPlan(planned.plan);

/** Whether there is anything to do here. */
export const isDue = (update: HostUpdate): boolean => isPlanned(update) || update.controller === 'outdated';

/** What stands in the way of the plan. */
export const obstaclesOf = ({ planned }: HostUpdate): readonly Diagnostic[] => planned?.diagnostics.filter(isError) ?? [];

/**
 * The controller ends for it, since one alone writes here, and is brought up again with the new program whatever came of the rest: agents
 * go on meanwhile.
 */
export async function updateHost(
  update: HostUpdate,
  host: HostConnection,
  facts: HostFacts,
  onStep: (step: InstallStep) => void,
  context: Context,
): Promise<HostUpdated> {
  const install = { facts, env: context.env, host, onStep };
  const isManaged = update.controller === 'outdated' || update.controller === 'current';
  if (update.from === null || !isPlanned(update)) {
    if (update.controller === 'outdated') await bringUp();
    return { applied: null, saved: [] };
  }
  if (isManaged) await pauseController(install);
  try {
    const saved = await saveAll(update.edited, host, facts, context);
    return { applied: await applyUnderLock(update.from.root, 'shown', update.from.flags, context), saved };
  } finally {
    if (isManaged) await bringUp();
  }

  async function bringUp(): Promise<void> {
    const installed = await installController(install, filesOfController(facts, context));
    if (installed.refused !== null) throw new Refusal([installed.refused]);
  }
}

const filesOfController = (facts: HostFacts, { packageRoot, env }: Context) =>
  controllerFiles(readShipped(packageRoot).controller, facts, env);

interface Source {
  readonly root: string;
  readonly read: { readonly rosters: string; readonly ref: string; readonly worktree?: true };
}

/** A controller knows what is in force also where not all of it could be reached yet. */
async function inForce(host: HostConnection, { stateDir }: HostFacts, hasController: boolean): Promise<Source | null> {
  const followed = hasController ? await controllerStore(stateDir).load() : null;
  if (followed?.binding != null && followed.admitted !== null && /^[0-9a-f]{40,64}$/.test(followed.admitted))
    return { root: followed.binding.repository, read: { rosters: followed.binding.rosters, ref: followed.admitted } };
  const admitted: AdmittedRecord | null = await host.readers.state.admitted();
  if (admitted?.source == null) return null;
  const { root, rosters } = admitted.source;
  const { revision } = admitted;
  return { root, read: revision === null ? { rosters, ref: 'HEAD', worktree: true } : { rosters, ref: revision } };
}

/** As it was last carried out here nobody has touched it; whatever else it says was somebody's wish. */
function editedFiles({ plan, observation: { files }, comparison: { previous } }: Planned): readonly FileKey[] {
  if (!files.known) return [];
  const seen = files.value;
  return plan.actions.flatMap(({ verb, target }) =>
    verb === 'write' && target !== null && seen[target] !== undefined && seen[target].digest !== previous?.state.files[target]
      ? [target]
      : [],
  );
}

async function saveAll(
  keys: readonly FileKey[],
  host: HostConnection,
  facts: HostFacts,
  { env }: Context,
): Promise<HostUpdated['saved']> {
  const saved: { key: FileKey; saved: string }[] = [];
  for (const key of keys) {
    const content = await host.readers.files.read(key);
    if (content !== null) saved.push({ key, saved: await saveEdited(key, content, hostRoots(facts, env)) });
  }
  return saved;
}
