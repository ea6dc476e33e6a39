import type { Condition, ConditionType, HistoryAction, HistoryEntry, Sighting } from '../../src/model/controller.ts';
import type { Explanation } from '../../src/model/explanation.ts';
import { agentUnit } from '../../src/model/names.ts';
import type { Verb } from '../../src/model/plan.ts';
import { revision } from '../control/fake-control.ts';
import { step } from './plans.ts';

export const later = 'b1946ac92492d2347c6235b4d2611184f3a6c0de';
export const now = Date.parse('2026-01-02T15:10:00Z');
const plan = 'sha256:1f2e3d4c5b6a79881f2e3d4c5b6a79881f2e3d4c5b6a79881f2e3d4c5b6a7988';

export const deed = (verb: Verb, name: string | null, more: Partial<HistoryAction> = {}): HistoryAction => ({
  id: `${verb} ${name === null ? 'unit-files' : agentUnit(name)}`,
  verb,
  fleet: name === null ? null : 'coding',
  name,
  unit: name === null ? null : agentUnit(name),
  reason: 'rostered',
  outcome: 'done',
  ...more,
});

export const sighting = (name: string, cause: Sighting['cause'], detail = ''): Sighting => ({
  unit: agentUnit(name),
  name,
  cause,
  detail,
});

export const passAt = (
  at: string,
  actions: readonly HistoryAction[],
  seen: readonly Sighting[] = [],
  commit: string = revision,
): HistoryEntry => ({
  format_version: '1.0',
  at,
  revision: commit,
  kind: 'pass',
  triggers: ['unit'],
  plan,
  took_ms: 120,
  seen,
  actions,
});

const coders = Array.from({ length: 12 }, (_, index) => `coder${index}`);
const drifted = { reason: 'drifted' };

/** Two days of a controller, of every kind of entry. */
export const story: readonly HistoryEntry[] = [
  {
    format_version: '1.0',
    at: '2026-01-01T12:00:00.000Z',
    revision: null,
    kind: 'controller',
    event: 'started',
    message: 'following refs/heads/main',
  },
  {
    format_version: '1.0',
    at: '2026-01-01T12:00:01.000Z',
    revision,
    kind: 'revision',
    subject: revision,
    outcome: 'admitted',
    message: '4b825dc642cb is admitted',
    diagnostics: [],
  },
  passAt('2026-01-01T12:00:04.000Z', [
    deed('write', null, { id: 'write units/mosaic-agent@.service' }),
    deed('write', null, { id: 'write roles/enhancer.md' }),
    deed('linger', null, { id: 'linger jason' }),
    deed('reload', null),
    deed('start', null, { id: 'start mosaic-tmux-holder.service', unit: 'mosaic-tmux-holder.service' }),
    ...coders.flatMap((name) => [deed('write', name, { unit: null }), deed('enable', name), deed('start', name)]),
  ]),
  passAt(
    '2026-01-01T18:30:00.000Z',
    [deed('start', 'coder0', drifted), deed('start', 'coder1', drifted), deed('enable', 'coder1', drifted)],
    [sighting('coder0', 'stopped-by-hand'), sighting('coder1', 'stopped-by-hand')],
  ),
  passAt(
    '2026-01-01T18:31:00.000Z',
    [
      deed('reset-failed', 'coder2', { reason: 'failed' }),
      deed('start', 'coder2', { reason: 'failed', outcome: 'failed', detail: 'systemd: the job failed' }),
      deed('restart', 'coder3', { reason: 'config-changed' }),
    ],
    [sighting('coder2', 'crashed', 'exit status 7')],
  ),
  passAt('2026-01-02T09:00:00.000Z', [
    deed('stop', 'coder4', { reason: 'role-changed' }),
    deed('start', 'coder4', { reason: 'role-changed', outcome: 'unfinished' }),
    deed('disable', 'coder5', { reason: 'not-rostered' }),
    deed('stop', 'coder5', { reason: 'not-rostered' }),
  ]),
  {
    format_version: '1.0',
    at: '2026-01-02T10:00:00.000Z',
    revision,
    kind: 'revision',
    subject: later,
    outcome: 'denied',
    message: 'b1946ac92492 is denied: fleet coding has no enhancer',
    diagnostics: [
      {
        severity: 'error',
        code: 'floor/enhancer',
        summary: 'fleet coding has no enhancer',
        file: 'rosters/coding.yaml',
        line: 4,
      },
      { severity: 'notice', code: 'connector/one-host', summary: 'not shown' },
    ],
  },
  {
    format_version: '1.0',
    at: '2026-01-02T11:00:00.000Z',
    revision,
    kind: 'suspended',
    target: 'agent coder0',
    by: 'jason',
    message: 'to debug it',
  },
  {
    format_version: '1.0',
    at: '2026-01-02T12:00:00.000Z',
    revision,
    kind: 'resumed',
    target: 'agent coder0',
    by: 'jason',
    message: '',
  },
  {
    format_version: '1.0',
    at: '2026-01-02T13:00:00.000Z',
    revision: later,
    kind: 'revision',
    subject: later,
    outcome: 'quarantined',
    message: '',
    diagnostics: [],
  },
  {
    format_version: '1.0',
    at: '2026-01-02T13:00:01.000Z',
    revision,
    kind: 'revision',
    subject: revision,
    outcome: 'returned',
    message: '',
    diagnostics: [],
  },
  {
    format_version: '1.0',
    at: '2026-01-02T14:00:00.000Z',
    revision,
    kind: 'controller',
    event: 'failed',
    message: 'the message bus is gone, and has not come back for a minute; nothing can be done before it is there again',
  },
];

export const condition = (
  type: ConditionType,
  status: Condition['status'],
  reason: string,
  message = '',
  since = '2026-01-02T15:06:00.000Z',
): Condition => ({ type, status, reason, message, since, observed_revision: revision });

/** An agent that crashes, about which everything is known. */
export const crashing: Explanation = {
  format_version: '1.0',
  host: 'w-jarvis',
  tenant: 'jason',
  revision,
  name: 'coder2',
  desired: {
    fleet: 'coding',
    class: 'implementer',
    runtime: 'pi',
    state: 'running',
    enabled: true,
    lifecycle: 'core',
    file: 'rosters/coding.yaml',
    line: 14,
  },
  state: 'failed',
  unit: 'failed, enabled',
  session: 'none',
  since: '2026-01-02T15:06:00.000Z',
  restarts: 20,
  drift: ['active', 'session'],
  connector: null,
  why: [
    {
      code: 'back-off',
      text: 'it failed 5 times (mosaic-agent@coder2.service failed, its last exit status was 7); tried again at 2026-01-02T15:14:05.000Z',
      hint: 'To try it now: muster reconcile',
    },
    { code: 'drift', text: 'it differs from what had been reached: active, session' },
    { code: 'pending', text: 'its unit files changed, which takes effect at its next start' },
  ],
  ended: { at: '2026-01-02T15:06:00.000Z', cause: 'crashed', detail: 'exit status 7', from: 'host' },
  actions: [
    {
      at: '2026-01-01T18:31:00.000Z',
      revision,
      plan,
      id: 'start mosaic-agent@coder2.service',
      verb: 'start',
      reason: 'failed',
      outcome: 'failed',
      detail: 'systemd: the job failed, and what it says about it takes more room than there is on this line',
    },
    {
      at: '2026-01-02T09:00:00.000Z',
      revision,
      plan,
      id: 'start mosaic-agent@coder2.service',
      verb: 'start',
      reason: 'failed',
      outcome: 'done',
    },
    {
      at: '2026-01-02T09:00:10.000Z',
      revision: null,
      plan,
      id: 'restart mosaic-agent@coder2.service',
      verb: 'restart',
      reason: 'config-changed',
      outcome: 'unfinished',
    },
  ],
  plan: [step('reset-failed', 'coder2', 'failed'), step('start', 'coder2', 'failed')],
};
