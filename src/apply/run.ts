import type { Action, Handover } from '../model/plan.ts';
import { undoHandover } from '../plan/undo-handover.ts';
import { type Deeds, execute, executeBatch, isBatched } from './execute.ts';
import { Progress } from './progress.ts';

/** `blocked`: something that it comes after failed. `not-run`: the run was interrupted before it. */
export type Outcome = 'done' | 'failed' | 'blocked' | 'not-run';

export interface ActionResult {
  readonly action: Action;
  readonly outcome: Outcome;
  /** Why it failed, or what blocked it. */
  readonly detail?: string;
}

export type RunEvent =
  | { readonly type: 'started'; readonly action: Action }
  | { readonly type: 'ended'; readonly result: ActionResult; readonly ended: number; readonly total: number };

export interface RunOptions {
  /** Actions under way at once. */
  readonly concurrency: number;
  /** Stops the run between actions; a handover that has begun is brought to its end. */
  readonly signal: AbortSignal;
  readonly onEvent: (event: RunEvent) => void;
}

interface Work {
  readonly actions: readonly Action[];
  readonly handovers: readonly Handover[];
}

/** Carries out the actions in the order that they allow. Never rejects: each action has its result. */
export async function carryOut(work: Work, deeds: Deeds, options: RunOptions): Promise<readonly ActionResult[]> {
  const progress = new Progress(work.actions, work.handovers, options);
  await new Promise<void>((resolve) => {
    const advance = (): void => {
      for (let next = progress.take(); next.length > 0; next = progress.take()) void perform(next).then(advance);
      if (progress.isOver()) resolve();
    };
    const perform = async (actions: readonly Action[]): Promise<void> => {
      progress.end(actions, await attempt(actions, deeds));
    };
    options.signal.addEventListener('abort', advance, { once: true });
    advance();
  });
  for (const handover of progress.failedHandovers()) await comeBack(handover, deeds, progress);
  return progress.results();
}

/** Gives the reason when it failed. One call may carry several actions; they share its fate. */
async function attempt(actions: readonly Action[], deeds: Deeds): Promise<string | null> {
  try {
    const [first] = actions;
    if (first !== undefined && actions.length === 1) await execute(first, deeds);
    else if (first !== undefined && isBatched(first)) await executeBatch(actions, deeds.writers);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** The entering orchestrator failed: it is put to rest, and the leaving one comes back. */
async function comeBack(handover: Handover, deeds: Deeds, progress: Progress): Promise<void> {
  for (const action of undoHandover(handover)) {
    progress.endExtra(action, await attempt([action], deeds));
  }
}
