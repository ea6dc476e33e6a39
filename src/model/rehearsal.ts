/** A change tried out on a private host. */
export interface Rehearsal {
  readonly host: string;
  readonly tenant: string;
  readonly steps: readonly RehearsalStep[];
}

export const rehearsalSteps = ['prepare', 'base', 'change', 'reboot'] as const;
export type RehearsalStepName = (typeof rehearsalSteps)[number];

export interface RehearsalStep {
  readonly step: RehearsalStepName;
  /** `not-run`: an earlier one failed. `skipped`: there is nothing to do in it. */
  readonly outcome: 'done' | 'failed' | 'skipped' | 'not-run';
  /** How long it took. */
  readonly ms: number;
  /** What happened, in words. */
  readonly detail: string;
  /** Actions that were carried out. */
  readonly actions: number;
  /** Agents that ended on the way, by name. */
  readonly ended: readonly string[];
  /** Agents that live at its end. */
  readonly live: number;
  /** What is wrong; empty where nothing is. */
  readonly problems: readonly string[];
}
