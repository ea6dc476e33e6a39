import { digestOfText } from '../../src/model/digest.ts';
import { agentUnit, holderUnit } from '../../src/model/names.ts';
import type { Action, Plan, Reason, TargetKind, Verb } from '../../src/model/plan.ts';

export interface Step extends Partial<Action> {
  readonly kind?: TargetKind;
}

/** An action as a planner would make it: `step('start', 'coder0')` is about a unit, with `target` about a file or a session. */
export function step(verb: Verb, name: string | null, reason: Reason = 'rostered', more: Step = {}): Action {
  const kind = more.kind ?? 'agent';
  const unit = kind === 'agent' && name !== null ? agentUnit(name) : null;
  const id = `${verb} ${more.unit ?? more.target ?? unit ?? kind}`;
  return { id, verb, kind, fleet: 'coding', name, unit, target: null, reason, after: [], disruptive: false, ...more };
}

export const file = (verb: 'write' | 'remove', target: string, name: string | null, reason: Reason = 'rostered'): Action =>
  step(verb, name, reason, { kind: 'file', target, unit: null, ...(name === null || name === 'old' ? { fleet: null } : {}) });

export const holder = (verb: Verb, reason: Reason = 'rostered'): Action =>
  step(verb, null, reason, { kind: 'holder', unit: holderUnit, fleet: null });

export const reload = (reason: Reason): Action =>
  step('reload', null, reason, { kind: 'manager', fleet: null, target: null, id: `reload ${reason}` });

export function planOf(actions: readonly Action[], more: Partial<Plan> = {}): Plan {
  const summary: Partial<Record<Verb, number>> = {};
  for (const { verb } of actions) summary[verb] = (summary[verb] ?? 0) + 1;
  return {
    format_version: '1.0',
    id: digestOfText('plan'),
    revision: '4b825dc642cb6eb9a060e54bf8d69288fbee4904',
    dirty: false,
    host: 'w-jarvis',
    tenant: 'jason',
    against: 'host',
    observed_digest: digestOfText('observed'),
    summary,
    actions,
    handovers: [],
    patch: [],
    drift: [],
    pending: [],
    waiting: [],
    unknown: [],
    diagnostics: [],
    ...more,
  };
}

const firstActions: readonly Action[] = [
  file('write', 'units/mosaic-agent@.service', null),
  file('write', 'units/mosaic-tmux-holder.service', null),
  file('write', 'bin/mosaic-agent-run', null),
  file('write', 'roles/orchestrator.md', null),
  ...['orchestrator', 'enhancer', 'coder0'].map((name) => file('write', `agents/${name}.env`, name)),
  step('linger', null, 'rostered', { kind: 'host', fleet: null, target: 'jason' }),
  reload('unit-file-changed'),
  holder('enable'),
  holder('start'),
  ...['orchestrator', 'enhancer', 'coder0'].flatMap((name) => [step('enable', name), step('start', name)]),
  step('enable', 'docs-writer', 'rostered', { fleet: 'docs' }),
  step('start', 'docs-writer', 'rostered', { fleet: 'docs' }),
  reload('enablement-changed'),
];

const mixedActions: readonly Action[] = [
  file('write', 'agents/chief.env', 'chief'),
  file('write', 'agents/coder0.env', 'coder0', 'config-changed'),
  file('write', 'roles/coder.md', null, 'role-changed'),
  step('kill-session', 'lost', 'orphan-session', { kind: 'session', fleet: null, unit: null, target: '$9', disruptive: true }),
  step('disable', 'boss', 'not-rostered'),
  step('stop', 'boss', 'not-rostered', { disruptive: true }),
  step('enable', 'chief'),
  step('start', 'chief'),
  step('restart', 'coder0', 'config-changed', { disruptive: true }),
  step('reset-failed', 'coder1', 'failed'),
  step('start', 'coder1', 'failed'),
  step('restart', 'coder2', 'session-missing'),
  step('enable', 'muse', 'drifted'),
  step('disable', 'old', 'not-rostered', { fleet: null }),
  step('stop', 'old', 'not-rostered', { fleet: null, disruptive: true }),
  step('stop', 'coding', 'not-rostered', { kind: 'connector', unit: 'mosaic-connector@coding.service' }),
  file('remove', 'agents/old.env', 'old', 'not-rostered'),
  reload('enablement-changed'),
];

/** The plans that people see most, and the one in which everything comes together. */
export const plans = {
  empty: planOf([]),
  'empty-but-unread': planOf([], {
    unknown: [{ path: '/units', why: 'no user bus at /run/user/1000/bus' }],
    diagnostics: [
      {
        severity: 'error',
        code: 'host/no-bus',
        summary: 'the systemd user manager cannot be asked',
        detail: 'no user bus at /run/user/1000/bus. Nothing about units is known, so nothing about them is planned.',
        hint: 'Log in with a session of your own.',
      },
    ],
  }),
  first: planOf(firstActions, { revision: null, dirty: true }),
  mixed: planOf(mixedActions, {
    dirty: true,
    against: 'e69de29bb2d1d6434b8b29ae775ad8c2e48c5391',
    handovers: [{ fleet: 'coding', leaving: 'boss', entering: 'chief', movers: [] }],
    pending: [
      { unit: agentUnit('coder3'), name: 'coder3', fleet: 'coding', reason: 'config-changed' },
      { unit: holderUnit, name: '', fleet: null, reason: 'config-changed' },
      { unit: agentUnit('muse'), name: 'muse', fleet: 'coding', reason: 'unit-file-changed' },
    ],
    waiting: [agentUnit('coder4')],
    unknown: [
      { path: '/linger', why: 'loginctl: no such user' },
      { path: '/units/mosaic-agent@coder5.service', why: 'mosaic-agent@coder5.service is masked' },
      { path: '/sessions/coder5', why: 'mosaic-agent@coder5.service is masked' },
      { path: '/files/agents~1coder5.env', why: 'mosaic-agent@coder5.service is masked' },
      { path: '/units/mosaic-tmux-holder.service/config', why: 'there is no record of what this run was started with' },
    ],
    drift: [`/units/${agentUnit('muse')}/enabled`],
    diagnostics: [
      {
        severity: 'warning',
        code: 'unit/masked',
        summary: 'mosaic-agent@coder5.service is masked',
        hint: 'systemctl --user unmask mosaic-agent@coder5.service',
        file: 'rosters/coding.yaml',
        line: 12,
        column: 11,
      },
      {
        severity: 'notice',
        code: 'floor/waived',
        summary: 'fleet play: the floor is waived',
        file: 'rosters/play.yaml',
        line: 2,
        column: 1,
      },
    ],
  }),
} satisfies Record<string, Plan>;
