import type { FileContent } from '../model/desired.ts';
import { messageOf } from '../model/message-of.ts';
import { environmentFile, type FileKey } from '../model/names.ts';
import type { Action, Handover } from '../model/plan.ts';
import { formerFiles, undoHandover } from '../plan/undo-handover.ts';
import { type Deeds, execute, executeBatch, isBatched } from './execute.ts';
import { unitsOnTrial } from './on-trial.ts';
import { type Probation, proveLife } from './probation.ts';
import { blocked, Progress } from './progress.ts';

/**
 * `blocked`: something that it comes after failed, or is unfinished. `not-run`: the run was interrupted, or lost the writer lock, before
 * it. `unfinished`: its job goes on while the run does not wait for it any longer.
 */
export type Outcome = 'done' | 'failed' | 'blocked' | 'not-run' | 'unfinished';

export interface ActionResult {
  readonly action: Action;
  readonly outcome: Outcome;
  /** Why it failed, what blocked it, or that the lock was lost before it. */
  readonly detail?: string;
}

/** What became of a call. */
export type Ending = Omit<ActionResult, 'action'>;

export type RunEvent =
  | { readonly type: 'started'; readonly action: Action }
  | { readonly type: 'ended'; readonly result: ActionResult; readonly ended: number; readonly total: number };

export interface RunOptions extends Probation {
  /** Actions under way at once. */
  readonly concurrency: number;
  /** Jobs that the run need not wait for longer than this; absent: it waits for all. Handovers, and what is on trial, are always brought to their end. */
  readonly patience?: { readonly ms: number; readonly mayLeave: (action: Action) => boolean };
  /** Stops the run between actions; a handover that has begun is brought to its end. */
  readonly signal: AbortSignal;
  readonly onEvent: (event: RunEvent) => void;
}

interface Work {
  readonly actions: readonly Action[];
  readonly handovers: readonly Handover[];
}

/**
 * Carries out the actions in the order that they allow: each has its result. Once the writer lock is lost nothing more is begun, not
 * even a way back. Rejects with a `PortError` only before the first, where the files that a way back would need cannot be read.
 */
export async function carryOut(work: Work, deeds: Deeds, options: RunOptions): Promise<readonly ActionResult[]> {
  const former = await formerContents(work.handovers, deeds);
  const onTrial = unitsOnTrial(work, deeds.desired);
  const { lost } = deeds.writers.lock;
  const over = new AbortController();
  const progress = new Progress(work.actions, work.handovers, { ...options, lost });
  await new Promise<void>((resolve) => {
    const advance = (): void => {
      for (let next = progress.take(); next.length > 0; next = progress.take()) void perform(next).then(advance);
      if (progress.isOver()) resolve();
    };
    const perform = async (actions: readonly Action[]): Promise<void> => {
      const prove = (unit: string) => onTrial.has(unit) && proveLife(unit, deeds.readers.units, options);
      const call = new AbortController();
      const ending = attempt(actions, deeds, { prove, mayInsist: () => !call.signal.aborted && !lost.aborted });
      progress.end(actions, await (mayLeave(actions, work.handovers, onTrial, options) ? withPatience(ending, options) : ending));
      call.abort();
    };
    for (const stop of [options.signal, lost]) stop.addEventListener('abort', advance, { signal: over.signal });
    advance();
  });
  over.abort();
  for (const handover of progress.failedHandovers())
    await comeBack(wayBack(handover, former, deeds), { ...deeds, desired: { ...deeds.desired, files: former } }, progress);
  return progress.results();
}

/**
 * An earlier run may have written the files of the one that enters, and then died: with these it would come back as a second
 * orchestrator, so it does not.
 */
function wayBack(handover: Handover, former: ReadonlyMap<FileKey, FileContent>, { desired }: Deeds): Handover {
  const { entering, movers } = handover;
  const key = environmentFile(entering);
  if (former.get(key)?.text !== desired.files.get(key)?.text) return handover;
  return { ...handover, movers: movers.filter((name) => name !== entering) };
}

function mayLeave(
  actions: readonly Action[],
  handovers: readonly Handover[],
  onTrial: ReadonlySet<string>,
  { patience }: RunOptions,
): boolean {
  const inHandover = new Set(handovers.flatMap(({ leaving, entering, movers }) => [leaving, entering, ...movers]));
  const isAwaited = ({ name, unit }: Action): boolean => inHandover.has(name ?? '') || onTrial.has(unit ?? '');
  return patience !== undefined && actions.every((action) => !isAwaited(action) && patience.mayLeave(action));
}

async function withPatience(ending: Promise<Ending>, { patience }: RunOptions): Promise<Ending> {
  let timer: NodeJS.Timeout | undefined;
  const left = new Promise<Ending>((resolve) => {
    timer = setTimeout(() => resolve({ outcome: 'unfinished', detail: 'its job goes on' }), patience?.ms);
  });
  const first = await Promise.race([ending, left]);
  clearTimeout(timer);
  return first;
}

interface Insistence {
  readonly prove?: (unit: string) => Promise<void> | false;
  /** Somebody still waits for it. */
  readonly mayInsist?: () => boolean;
}

/** One call may carry several actions; they share its fate. */
async function attempt(
  actions: readonly Action[],
  deeds: Deeds,
  { prove = () => false, mayInsist = () => true }: Insistence = {},
): Promise<Ending> {
  try {
    const [first] = actions;
    if (first !== undefined && actions.length === 1) await execute(first, deeds, mayInsist);
    else if (first !== undefined && isBatched(first)) await executeBatch(actions, deeds.writers);
    if (first?.unit != null && (first.verb === 'start' || first.verb === 'restart')) await prove(first.unit);
    return { outcome: 'done' };
  } catch (error) {
    return { outcome: 'failed', detail: messageOf(error) };
  }
}

/** Files of agents that change their role in a handover, as they are before: a way back needs them. */
async function formerContents(handovers: readonly Handover[], { readers }: Deeds): Promise<ReadonlyMap<FileKey, FileContent>> {
  const keys = handovers.flatMap(({ movers }) => movers.flatMap(formerFiles));
  const contents = await Promise.all(keys.map(async (key) => [key, await readers.files.read(key)] as const));
  return new Map(contents.flatMap(([key, content]) => (content === null ? [] : [[key, content]])));
}

/**
 * The entering orchestrator failed: it is put to rest, and the leaving one comes back. Never two: who cannot be ended stays the
 * orchestrator, and nobody comes beside it; who did not get the files of its old role back stays down.
 */
async function comeBack(handover: Handover, deeds: Deeds, progress: Progress): Promise<void> {
  let unended: Action | undefined;
  const unrestored = new Map<string | null, Action>();
  for (const action of undoHandover(handover, new Set(deeds.desired.files.keys()))) {
    if (deeds.writers.lock.lost.aborted) return;
    const obstacle = unended ?? (action.kind === 'agent' ? unrestored.get(action.name) : undefined);
    const ending = obstacle === undefined ? await attempt([action], deeds) : blocked(obstacle);
    progress.endExtra(action, ending);
    if (ending.outcome !== 'failed') continue;
    if (action.verb === 'stop') unended = action;
    if (action.kind === 'file') unrestored.set(action.name, action);
  }
}
