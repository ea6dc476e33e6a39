import type { Control } from '../../src/model/control.ts';
import type { ControllerStatus, HistoryEntry, Suspension } from '../../src/model/controller.ts';

export const revision = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';
export const at = '2026-01-02T15:04:05.000Z';

export const controllerStatus = (more: Partial<ControllerStatus> = {}): ControllerStatus => ({
  format_version: '1.0',
  host: 'w-jarvis',
  tenant: 'jason',
  pid: 4242,
  started: '2026-01-02T12:00:00.000Z',
  binding: { repository: '/home/jason/fleet', ref: 'refs/heads/main', rosters: 'rosters' },
  attempted: { revision, outcome: 'admitted', diagnostics: [], at },
  applied: revision,
  good: revision,
  quarantined: null,
  fleets: [],
  back_offs: [],
  suspensions: [],
  left: [],
  drift: [],
  obstacle: null,
  passes: 7,
  last_pass: { at, took_ms: 12 },
  ...more,
});

export const entry = (message: string): HistoryEntry => ({
  format_version: '1.0',
  at,
  revision,
  kind: 'controller',
  event: 'started',
  message,
});

/** A controller that only keeps books: of what it was asked, in `asked`. */
export interface FakeControl extends Control {
  readonly asked: string[];
  readonly listeners: Set<(entry: HistoryEntry) => void>;
  readonly tell: (entry: HistoryEntry) => void;
}

export function fakeControl(more: Partial<Control> = {}): FakeControl {
  const asked: string[] = [];
  const listeners = new Set<(entry: HistoryEntry) => void>();
  const suspensions = new Map<string, Suspension>();
  const status = (): ControllerStatus => controllerStatus({ suspensions: [...suspensions.values()] });
  return {
    asked,
    listeners,
    tell: (one) => {
      for (const listener of listeners) listener(one);
    },
    status,
    report: async () => null,
    plan: async () => null,
    reconcile: async () => {
      asked.push('reconcile');
      return status();
    },
    suspend: async (suspension) => {
      asked.push(`suspend ${JSON.stringify(suspension)}`);
      suspensions.set(`${suspension.kind}-${suspension.name}`, { ...suspension, since: at });
      return status();
    },
    resume: async (kind, name, by) => {
      asked.push(`resume ${kind} ${name} ${by}`);
      return suspensions.delete(`${kind}-${name}`);
    },
    onEntry: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    stats: () => ({
      passes: { idle: 5, acted: 2, failed: 0 },
      pass_seconds: { buckets: [{ le: 0.1, count: 7 }], sum: 0.3, count: 7 },
      actions: [{ verb: 'start', outcome: 'done', count: 4 }],
      heal_seconds: { buckets: [{ le: 1, count: 1 }], sum: 0.4, count: 1 },
    }),
    ...more,
  };
}
