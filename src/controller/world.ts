import type { UnitTemplates } from '../desired/units.ts';
import type { ConnectorTerms } from '../model/connectors.ts';
import type { Binding, ControllerConfig, ControllerStatus } from '../model/controller.ts';
import type { RevisionSource } from '../model/controller-ports.ts';
import type { Desired } from '../model/desired.ts';
import type { HostFacts } from '../model/observation.ts';
import type { HostReaders, HostWriters } from '../model/ports.ts';
import type { Recorder } from './recorder.ts';

/** Everything that a pass may use; what it may not know by itself (time, chance) is among it. */
export interface World {
  readonly source: RevisionSource;
  readonly binding: Binding | null;
  readonly readers: HostReaders;
  readonly writers: HostWriters;
  readonly recorder: Recorder;
  readonly config: ControllerConfig;
  readonly facts: HostFacts;
  readonly shipped: { readonly roles: Readonly<Record<string, string>>; readonly templates: UnitTemplates };
  readonly connectors: readonly ConnectorTerms[];
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly date: () => Date;
  /** From 0 to below 1. */
  readonly random: () => number;
  /** Ends a pass between two actions. */
  readonly signal: AbortSignal;
  readonly pace: Pace;
  /** Told what a pass is to bring about, before it does anything. */
  readonly onTarget: (desired: Desired) => void;
  readonly onStatus: (status: StatusOfPass) => void;
}

/** What a pass knows; the process adds who it is. */
export type StatusOfPass = Omit<ControllerStatus, 'pid' | 'started' | 'passes' | 'last_pass'>;

export interface Pace {
  readonly concurrency: number;
  readonly probationMs: number;
  /** How long one pass waits for a job that keeps nothing else waiting; a later pass sees what became of it. */
  readonly patienceMs: number;
}
