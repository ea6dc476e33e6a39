import { describe, expect, test } from 'vitest';
import type { ActivityState, EvidenceSource } from '../../src/model/agents.ts';
import { agentUnit } from '../../src/model/names.ts';
import type { ReportedAgent, StatusReport } from '../../src/model/report.ts';
import { noController } from '../../src/model/status.ts';
import { size } from '../../src/views/fleet-table.ts';
import { renderStatus } from '../../src/views/ps.ts';
import { plain, styleFor } from '../../src/views/style.ts';
import { ago } from '../../src/views/time.ts';
import { expectGolden } from './golden.ts';

const now = Date.parse('2026-01-02T00:00:00Z');

const agent = (name: string, more: Partial<ReportedAgent> = {}): ReportedAgent => ({
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
  connector: 'tmux',
  connector_state: null,
  activity: { state: 'idle', source: 'pane', at: null, detail: 'its composer waits for input' },
  inbox: { waiting: 0, dead: 0 },
  memory: 312 * 1024 * 1024,
  cpu: 75.2,
  ...more,
});

const does = (state: ActivityState, source: EvidenceSource, detail: string, at: string | null = null) => ({
  activity: { state, source, at, detail },
});
const gone = { ...does('dead', 'unit', 'its unit is failed'), memory: null, cpu: null };

const statusOf = (agents: readonly ReportedAgent[], more: Partial<StatusReport> = {}): StatusReport => ({
  format_version: '1.0',
  host: 'w-jarvis',
  tenant: 'jason',
  revision: '4b825dc642cb6eb9a060e54bf8d69288fbee4904',
  repository: '/home/jason/fleet',
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
    agent('orchestrator', {
      class: 'orchestrator',
      runtime: 'claude',
      since: '2026-01-01T12:00:00Z',
      ...does('busy', 'runtime', 'busy', '2026-01-01T23:59:57Z'),
      inbox: { waiting: 12, dead: 1 },
    }),
    agent('enhancer', {
      class: 'enhancer',
      runtime: 'claude',
      restarts: 3,
      ...does('waiting-for-input', 'pane', 'Do you want to proceed?'),
      since: '2026-01-01T23:51:00Z',
      drift: ['enabled'],
      unit: 'active (running), disabled',
    }),
    agent('coder0', {
      state: 'starting',
      unit: 'activating (auto-restart), enabled',
      session: 'none',
      restarts: 12,
      ...does('starting', 'unit', ''),
    }),
    agent('coder1', {
      state: 'failed',
      unit: 'failed, enabled',
      session: 'none',
      drift: ['active', 'config', 'session'],
      since: '2025-12-20T00:00:00Z',
      ...gone,
    }),
    agent('coder2', {
      state: 'stopped',
      desired: 'stopped',
      unit: 'absent',
      session: 'none',
      since: null,
      restarts: null,
      ...gone,
    }),
    agent('coder3', { state: 'completed', unit: 'inactive (dead), disabled', session: 'none', ...gone }),
    agent('coder4', {
      state: 'no-session',
      session: 'foreign',
      drift: ['session'],
      ...does('unknown', 'unit', 'its unit runs without a tmux session'),
    }),
    agent('coder10', does('hung', 'transcript', 'busy, and nothing has changed for 42 min', '2026-01-01T23:18:00Z')),
    agent('docs-a-name-that-takes-its-room', {
      fleet: 'docs',
      state: 'masked',
      unit: 'inactive (dead), masked',
      session: 'none',
    }),
    agent('docs-b', {
      fleet: 'docs',
      state: 'unknown',
      unit: 'unknown',
      session: 'unknown',
      since: null,
      restarts: null,
      ...does('unknown', 'unit', 'no message bus'),
      inbox: null,
    }),
  ],
  {
    unrostered: [
      { unit: agentUnit('ghost'), session: null, name: 'ghost', state: 'inactive, enabled' },
      { unit: null, session: '$7', name: 'lost', state: 'alive' },
    ],
    differing: 3,
    pending: [{ unit: agentUnit('coder0'), name: 'coder0', fleet: 'coding', reason: 'config-changed' }],
    unknown: [
      { path: '/agents/*/memory', why: 'told as JSON alone' },
      { path: '/linger', why: 'loginctl: no such user' },
    ],
  },
);

test.each([0, 120, 80, 40])('a fleet %d columns wide', (columns) =>
  expectGolden(renderStatus(whole, now, columns, plain), `ps-${columns}`),
);

test.each([120, 80])('all of it fits into %d columns', (columns) => {
  const lines = renderStatus(whole, now, columns, plain).split('\n');
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(columns);
});

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

  test('keeps name, state, what it does and drift however narrow it is', () => {
    expect(tableOf(1)[0]?.split(/ +/)).toEqual(['AGENT', 'STATE', 'DOES', 'DRIFT']);
  });

  test('leaves out nothing while there is room', () => {
    const width = Math.max(...tableOf(0).map(({ length }) => length));
    expect(tableOf(width)).toEqual(tableOf(0));
    expect(tableOf(width - 1)).not.toEqual(tableOf(0));
  });

  test('names and drift are cut before what is done is left out', () => {
    expect(tableOf(80)[0]?.split(/ +/)).toEqual(expect.arrayContaining(['DOES', 'SEEN', 'SINCE', 'INBOX', 'DRIFT']));
  });

  test('what a fleet is talked to through stays longer than since when, and with how much of a processor, it runs', () => {
    const one = statusOf([
      agent('orchestrator', { class: 'orchestrator', since: '2026-01-01T23:00:00.000Z', cpu: 3, connector_state: 'ready' }),
      agent('canary', { class: 'worker', runtime: 'claude', inbox: { waiting: 2, dead: 0 } }),
    ]);
    const titles = (columns: number) => renderStatus(one, now, columns, plain).split('\n')[2]?.split(/ {2,}/) ?? [];
    const widths = Array.from({ length: 120 }, (_, index) => 40 + index);
    const told = widths.map(titles).filter((all) => all.includes('SINCE') || all.includes('CPU'));
    expect(told.length).toBeGreaterThan(0);
    for (const all of told) expect(all).toContain('CONNECTOR');
    expect(titles(80)).toEqual(expect.arrayContaining(['INBOX', 'CONNECTOR']));
  });

  test('what tells nobody apart is left out first', () => {
    const one = statusOf([agent('a', { state: 'starting' }), agent('b', { class: 'reviewer', restarts: 4 })]);
    const head = renderStatus(one, now, 60, plain).split('\n')[2] ?? '';
    expect(head).toContain('CLASS');
    expect(head).not.toContain('FLEET');
  });

  test('counts as people do', () => {
    const many = statusOf(['c10', 'c9', 'c1', 'c100', 'a'].map((name) => agent(name)));
    const names = renderStatus(many, now, 80, plain).split('\n').slice(3, 8);
    expect(names.map((line) => /\b(a|c\d+)\b/.exec(line)?.[0])).toEqual(['a', 'c1', 'c9', 'c10', 'c100']);
  });

  test('a hundred agents are a hundred lines, none longer than 80 columns', () => {
    const many = Array.from({ length: 100 }, (_, index) =>
      agent(`implementer-of-documents-${index}`, { drift: index % 3 === 0 ? ['enabled', 'config', 'session'] : [] }),
    );
    const lines = renderStatus(statusOf(many), now, 80, plain).split('\n').slice(2, 103);
    expect(lines).toHaveLength(101);
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(80);
    expect(new Set(lines.map((line) => /imple\S+/.exec(line)?.[0])).size).toBe(101);
  });
});

describe('what needs somebody', () => {
  const notes = (agents: readonly ReportedAgent[]): string[] =>
    renderStatus(statusOf(agents), now, 0, plain)
      .split('\n')
      .filter((line) => /^[!?✗]/.test(line));

  test('the same of many agents is said once', () => {
    const blind = does('unknown', 'unit', 'it runs; nothing shows what it does');
    expect(notes(Array.from({ length: 7 }, (_, index) => agent(`c${index}`, blind)))).toEqual([
      '? c0, c1, c2, c3, c4 and 2 more unknown: it runs; nothing shows what it does',
    ]);
  });

  test('who is idle, busy, starting or dead needs nobody', () => {
    const calm = (['idle', 'busy', 'starting', 'dead'] as const).map((state) => agent(state, does(state, 'pane', 'seen')));
    expect(notes(calm)).toEqual([]);
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

test.each([
  [0, '0K'],
  [1023, '1K'],
  [900 * 1024, '900K'],
  [1024 * 1024, '1.0M'],
  [10 * 1024 * 1024, '10M'],
  [1023 * 1024 * 1024, '1.0G'],
  [5 * 1024 ** 5, '5120T'],
])('%d bytes are %s', (bytes, words) => {
  expect(size(bytes)).toBe(words);
});
