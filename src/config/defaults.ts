import type { ControllerConfig } from '../model/controller.ts';

/** What counts where nothing is written. */
export const defaultConfig: ControllerConfig = {
  repository: null,
  remote: null,
  ref: null,
  rosters: 'rosters',
  worktree: false,
  fastForwardOnly: true,
  signatures: null,
  health: { deadlineMs: 120_000, stableMs: 10_000 },
  resyncMs: 300_000,
  metrics: null,
  notes: false,
  hook: null,
};

/** Of `remote.interval`. */
export const defaultIntervalMs = 60_000;
