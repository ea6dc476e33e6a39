/** What a running controller can be asked: over its socket (`docs/controller.md`), and by whatever serves that socket. */

import type { ControllerStatus, HistoryEntry, Suspension } from './controller.ts';
import type { Plan } from './plan.ts';
import type { ReportAnswer } from './report.ts';

export interface Control {
  status(): ControllerStatus;
  /** What a look that is made now shows; `null` while nothing is in force or the host cannot be asked. */
  report(): Promise<ReportAnswer | null>;
  /** The plan of a look that is made now; `null` while nothing is in force or the host cannot be asked. */
  plan(): Promise<Plan | null>;
  /** Looks at once, judges a denied revision anew, tries what is in back-off; resolves when a pass that began after this has ended. */
  reconcile(): Promise<ControllerStatus>;
  suspend(suspension: Omit<Suspension, 'since'>): Promise<ControllerStatus>;
  /** `false`: it was not suspended. */
  resume(kind: Suspension['kind'], name: string, by: string): Promise<boolean>;
  /** Every history entry from now on; gives the function that ends it. */
  onEntry(listener: (entry: HistoryEntry) => void): () => void;
  stats(): ControllerStats;
}

/** Sums since the controller started; all else that metrics show is in its status. */
export interface ControllerStats {
  readonly passes: { readonly idle: number; readonly acted: number; readonly failed: number };
  /** Seconds. */
  readonly pass_seconds: Histogram;
  /** By verb and outcome: `start`/`done`. */
  readonly actions: readonly { readonly verb: string; readonly outcome: string; readonly count: number }[];
  /** Seconds from the first look that saw drift to the first that saw none. */
  readonly heal_seconds: Histogram;
}

/** Prometheus' own shape: cumulative counts by upper bound. */
export interface Histogram {
  readonly buckets: readonly { readonly le: number; readonly count: number }[];
  readonly sum: number;
  readonly count: number;
}
