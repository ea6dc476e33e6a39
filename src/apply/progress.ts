import { agentUnit } from '../model/names.ts';
import type { Action, Handover } from '../model/plan.ts';
import { isBatched } from './execute.ts';
import type { ActionResult, Ending, RunOptions } from './run.ts';

export interface ProgressOptions extends RunOptions {
  /** The writer lock is gone: nothing may go. */
  readonly lost: AbortSignal;
}

/** Which actions may go next, and what has become of the others. */
export class Progress {
  readonly #actions: readonly Action[];
  readonly #handovers: readonly Handover[];
  readonly #options: ProgressOptions;
  readonly #results = new Map<string, ActionResult>();
  readonly #waits = new Map<string, number>();
  readonly #followers = new Map<string, Action[]>();
  readonly #extra: ActionResult[] = [];
  /** In plan order. */
  #ready: Action[] = [];
  #calls = 0;

  constructor(actions: readonly Action[], handovers: readonly Handover[], options: ProgressOptions) {
    this.#actions = actions;
    this.#handovers = handovers;
    this.#options = options;
    const ids = new Set(actions.map(({ id }) => id));
    for (const action of actions) this.#enlist(action, ids);
  }

  #enlist(action: Action, ids: ReadonlySet<string>): void {
    const earlier = action.after.filter((id) => ids.has(id));
    for (const id of earlier) {
      const followers = this.#followers.get(id);
      if (followers === undefined) this.#followers.set(id, [action]);
      else followers.push(action);
    }
    this.#waits.set(action.id, earlier.length);
    if (earlier.length === 0) this.#ready.push(action);
  }

  /** The next call to make: one action, or all ready ones of a batched verb; empty when nothing may go now. */
  take(): readonly Action[] {
    if (this.#calls >= this.#options.concurrency) return [];
    const index = this.#ready.findIndex((action) => this.#mayGo(action));
    const next = this.#ready[index];
    if (next === undefined) return [];
    const batch = isBatched(next) ? this.#ready.filter((action) => action.verb === next.verb && this.#mayGo(action)) : [next];
    if (batch.length === 1) this.#ready.splice(index, 1);
    else this.#ready = this.#ready.filter((action) => !batch.includes(action));
    this.#calls += 1;
    for (const action of batch) this.#options.onEvent({ type: 'started', action });
    return batch;
  }

  end(actions: readonly Action[], ending: Ending): void {
    this.#calls -= 1;
    for (const action of actions) this.#settle({ action, ...ending });
  }

  /** A step that was not in the plan. */
  endExtra(action: Action, ending: Ending): void {
    const result = { action, ...ending };
    this.#extra.push(result);
    this.#announce(result);
  }

  isOver(): boolean {
    return this.#calls === 0 && !this.#ready.some((action) => this.#mayGo(action));
  }

  /** Handovers in which the leaving orchestrator was touched and the entering one is not live. */
  failedHandovers(): readonly Handover[] {
    return this.#handovers.filter(({ leaving, entering }) => {
      const touched = ['disable', 'stop'].some((verb) => this.#attempted(`${verb} ${agentUnit(leaving)}`));
      return touched && this.#results.get(`start ${agentUnit(entering)}`)?.outcome !== 'done';
    });
  }

  results(): readonly ActionResult[] {
    const { lost } = this.#options;
    const why = lost.aborted ? { detail: String(lost.reason) } : {};
    const planned = this.#actions.map(
      (action): ActionResult => this.#results.get(action.id) ?? { action, outcome: 'not-run', ...why },
    );
    return [...planned, ...this.#extra];
  }

  #attempted(id: string): boolean {
    const outcome = this.#results.get(id)?.outcome;
    return outcome === 'done' || outcome === 'failed';
  }

  #settle(result: ActionResult): void {
    const { action, outcome } = result;
    this.#results.set(action.id, result);
    this.#announce(result);
    for (const follower of this.#followers.get(action.id) ?? []) this.#release(follower, outcome === 'done' ? null : action);
  }

  /** A reload only waits for what comes before it; everything else needs its success. */
  #release(action: Action, failed: Action | null): void {
    if (this.#results.has(action.id)) return;
    const waits = (this.#waits.get(action.id) ?? 0) - 1;
    this.#waits.set(action.id, waits);
    if (failed !== null && action.verb !== 'reload') this.#settle({ action, ...blocked(failed) });
    else if (waits === 0) this.#ready.push(action);
  }

  /** After an interruption only what closes a gap that this run has opened. */
  #mayGo(action: Action): boolean {
    if (this.#options.lost.aborted) return false;
    if (!this.#options.signal.aborted) return true;
    if (action.unit === null) return false;
    if (this.#attempted(`stop ${action.unit}`)) return true;
    return this.#handovers.some(
      ({ leaving, entering }) => agentUnit(entering) === action.unit && this.#attempted(`stop ${agentUnit(leaving)}`),
    );
  }

  #announce(result: ActionResult): void {
    this.#options.onEvent({ type: 'ended', result, ended: this.#results.size, total: this.#actions.length });
  }
}

export const blocked = (by: Action): Ending => ({ outcome: 'blocked', detail: `it comes after: ${by.id}` });
