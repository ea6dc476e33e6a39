import { describe, expect, test } from 'vitest';
import { agentUnit } from '../../src/model/names.ts';
import { noController, type Status, type StatusAgent } from '../../src/model/status.ts';
import { renderStatus } from '../../src/views/ps.ts';
import { plain, styleFor } from '../../src/views/style.ts';
import { ago } from '../../src/views/time.ts';
import { expectGolden } from './golden.ts';

const now = Date.parse('2026-01-02T00:00:00Z');

const agent = (name: string, more: Partial<StatusAgent> = {}): StatusAgent => ({
  fleet: 'coding',
  name,
  class: 'implementer',
  runtime: 'pi',
  desired: 'running',
  unit: 'active (running), enabled',
  session: 'alive',
  state: 'live',
  since: '2026-01-01T23:59:48.000Z',
  restarts: 0,
  drift: [],
  ...more,
});

const statusOf = (agents: readonly StatusAgent[], more: Partial<Status> = {}): Status => ({
  format_version: '1.0',
  host: 'w-jarvis',
  tenant: 'jason',
  revision: '4b825dc642cb6eb9a060e54bf8d69288fbee4904',
  fleets: [],
  agents,
  unrostered: [],
  differing: 0,
  pending: [],
  unknown: [],
  controller: noController,
  ...more,
});

const whole = statusOf(
  [
    agent('orchestrator', { class: 'orchestrator', runtime: 'claude', since: '2026-01-01T12:00:00Z' }),
    agent('enhancer', {
      class: 'enhancer',
      runtime: 'claude',
      restarts: 3,
      since: '2026-01-01T23:51:00Z',
      drift: ['enabled'],
      unit: 'active (running), disabled',
    }),
    agent('coder0', { state: 'starting', unit: 'activating (auto-restart), enabled', session: 'none', restarts: 12 }),
    agent('coder1', {
      state: 'failed',
      unit: 'failed, enabled',
      session: 'none',
      drift: ['active', 'config', 'session'],
      since: '2025-12-20T00:00:00Z',
    }),
    agent('coder2', { state: 'stopped', desired: 'stopped', unit: 'absent', session: 'none', since: null, restarts: null }),
    agent('coder3', { state: 'completed', unit: 'inactive (dead), disabled', session: 'none' }),
    agent('coder4', { state: 'no-session', session: 'foreign', drift: ['session'] }),
    agent('docs-a-name-that-takes-its-room', {
      fleet: 'docs',
      state: 'masked',
      unit: 'inactive (dead), masked',
      session: 'none',
    }),
    agent('docs-b', { fleet: 'docs', state: 'unknown', unit: 'unknown', session: 'unknown', since: null, restarts: null }),
  ],
  {
    unrostered: [
      { unit: agentUnit('ghost'), session: null, name: 'ghost', state: 'inactive, enabled' },
      { unit: null, session: '$7', name: 'lost', state: 'alive' },
    ],
    differing: 3,
    pending: [{ unit: agentUnit('coder0'), name: 'coder0', fleet: 'coding', reason: 'config-changed' }],
    unknown: [{ path: '/linger', why: 'loginctl: no such user' }],
  },
);

test.each([0, 120, 80, 40])('a fleet %d columns wide', (columns) =>
  expectGolden(renderStatus(whole, now, columns, plain), `ps-${columns}`),
);

test('a fleet in colours', () => expectGolden(renderStatus(whole, now, 0, styleFor(true)), 'ps-coloured'));

test('a host without rosters', () => expectGolden(renderStatus(statusOf([], { revision: null }), now, 80, plain), 'ps-empty'));

describe('the table', () => {
  const tableOf = (columns: number): string[] => {
    const lines = renderStatus(whole, now, columns, plain).split('\n').slice(2);
    return lines.slice(0, whole.agents.length + 1);
  };

  test.each([300, 200, 150, 120, 100, 80, 72])('fits into %d columns', (columns) => {
    expect(Math.max(...tableOf(columns).map(({ length }) => length))).toBeLessThanOrEqual(columns);
  });

  test('keeps name, state and drift however narrow it is', () => {
    expect(tableOf(1)[0]?.split(/ +/)).toEqual(['AGENT', 'STATE', 'DRIFT']);
  });

  test('leaves out nothing while there is room', () => {
    const width = Math.max(...tableOf(0).map(({ length }) => length));
    expect(tableOf(width)).toEqual(tableOf(0));
    expect(tableOf(width - 1)[0]).not.toEqual(tableOf(0)[0]);
  });
});

test.each([
  [-5, '0s'],
  [0, '0s'],
  [59_999, '59s'],
  [60_000, '1m'],
  [3_599_999, '59m'],
  [3_600_000, '1h'],
  [86_399_999, '23h'],
  [86_400_000, '1d'],
  [864_000_000, '10d'],
])('%d ms ago is %s', (milliseconds, words) => {
  expect(ago(milliseconds)).toBe(words);
});
