import { describe, expect, test } from 'vitest';
import { agentUnit } from '../../src/model/names.ts';
import type { StatusAgent } from '../../src/model/status.ts';
import { statusOf } from '../../src/plan/status.ts';
import { type Story, worldOf } from './arbitrary.ts';
import type { Mishap } from './mishaps.ts';

const fleets = [
  {
    name: 'coding',
    agents: [
      { name: 'boss', class: 'orchestrator' },
      { name: 'muse', class: 'enhancer' },
      { name: 'coder0', class: 'implementer' },
      { name: 'once', class: 'implementer', lifecycle: 'ephemeral' as const },
      { name: 'rest', class: 'implementer', state: 'stopped' as const },
    ],
  },
];

const detail = { since: 1_767_225_600_000_000, restarts: 2 };
const statusIn = (
  story: Partial<Story> = {},
  units = Object.fromEntries(['boss', 'coder0'].map((name) => [agentUnit(name), detail])),
) => {
  const { desired, seen } = worldOf({ from: fleets, to: fleets, ...story });
  return statusOf(desired, seen, units);
};
const agentIn = (name: string, story: Partial<Story> = {}): StatusAgent => {
  const found = statusIn(story).agents.find((agent) => agent.name === name);
  if (found === undefined) throw new Error(`no agent ${name}`);
  return found;
};

test('an agent that is as desired', () => {
  expect(agentIn('coder0')).toEqual({
    fleet: 'coding',
    name: 'coder0',
    class: 'implementer',
    runtime: 'stub',
    desired: 'running',
    unit: 'active (running), enabled',
    session: 'alive',
    state: 'live',
    since: '2026-01-01T00:00:00.000Z',
    restarts: 2,
    drift: [],
  });
});

describe('the state of an agent', () => {
  test.each<readonly [Mishap, Partial<StatusAgent>]>([
    ['stopped', { state: 'stopped', unit: 'inactive (dead), enabled', session: 'none' }],
    ['failed', { state: 'failed', unit: 'failed, enabled', session: 'none' }],
    ['sessionless', { state: 'no-session', unit: 'active (running), enabled', session: 'none' }],
    ['pane-dead', { state: 'no-session', session: 'none' }],
    ['auto-restart', { state: 'starting', unit: 'activating (auto-restart), enabled' }],
    ['deactivating', { state: 'stopping' }],
    ['masked', { state: 'masked', unit: 'inactive (dead), masked' }],
    ['masked-live', { state: 'masked' }],
    ['disabled', { state: 'live', unit: 'active (running), disabled' }],
  ])('%s', (mishap, expected) => {
    expect(agentIn('coder0', { mishaps: [['coder0', mishap]] })).toMatchObject(expected);
  });

  test('that ended well, and for good', () => {
    expect(agentIn('once', { mishaps: [['once', 'completed']] })).toMatchObject({ state: 'completed', drift: [] });
    expect(agentIn('once', { mishaps: [['once', 'stopped']] })).toMatchObject({ state: 'stopped' });
  });

  test('that is to rest', () => {
    expect(agentIn('rest')).toMatchObject({ desired: 'stopped', state: 'stopped', drift: [] });
  });

  test('whose name a session of somebody else has', () => {
    expect(
      agentIn('coder0', {
        mishaps: [
          ['coder0', 'stopped'],
          ['coder0', 'foreign-session'],
        ],
      }),
    ).toMatchObject({ session: 'foreign' });
  });

  test('that no unit is there for yet', () => {
    expect(agentIn('coder0', { disaster: 'new-host', admitted: false })).toMatchObject({
      unit: 'absent',
      state: 'stopped',
      session: 'none',
    });
  });

  test('is unknown where systemd cannot be asked, and its session where tmux cannot', () => {
    expect(agentIn('coder0', { unreadable: ['units'] })).toMatchObject({ state: 'unknown', unit: 'unknown' });
    expect(agentIn('coder0', { unreadable: ['tmux'] })).toMatchObject({ state: 'unknown', session: 'unknown', drift: [] });
  });
});

describe('drift', () => {
  test.each<readonly [Mishap, readonly string[]]>([
    ['disabled', ['enabled']],
    ['stopped', ['active', 'config', 'session']],
    ['env-edited', ['files']],
    ['env-missing', ['files']],
  ])('%s', (mishap, drift) => {
    expect(agentIn('coder0', { mishaps: [['coder0', mishap]] }).drift).toEqual(drift);
  });

  test('is only what had been reached: a roster that was not carried out yet is none', () => {
    const coder1 = { name: 'coder1', class: 'implementer' };
    const to = fleets.map((fleet) => ({ ...fleet, agents: [...fleet.agents, coder1] }));
    const status = statusIn({ to });
    expect(status.agents.find(({ name }) => name === 'coder1')?.drift).toEqual([]);
    expect(status.differing).toBe(1);
  });
});

test('nothing differs where nothing differs', () => {
  expect(statusIn()).toMatchObject({ differing: 0, pending: [], unknown: [], unrostered: [] });
});

describe('what nobody knows is no time and no count', () => {
  test.each([
    ['units without details', {}, { since: null, restarts: null }],
    ['a unit that never changed', { [agentUnit('coder0')]: { since: 0, restarts: 0 } }, { since: null, restarts: 0 }],
  ])('%s', (_, details, expected) => {
    const { desired, seen } = worldOf({ from: fleets, to: fleets });
    expect(statusOf(desired, seen, details).agents.find(({ name }) => name === 'coder0')).toMatchObject(expected);
  });
});

describe('what no roster names', () => {
  test.each([
    ['live', { unit: agentUnit('stray'), session: null, name: 'stray', state: 'active, enabled' }],
    ['ghost-enabled', { unit: agentUnit('ghost'), session: null, name: 'ghost', state: 'inactive, enabled' }],
    ['orphan-session', { unit: null, session: '$90', name: 'nobody', state: 'alive' }],
  ] as const)('%s', (stray, expected) => {
    expect(statusIn({ strays: [stray] }).unrostered).toContainEqual(expected);
  });

  test('is not a session without our tag', () => {
    expect(statusIn({ strays: ['foreign-session'] }).unrostered).toEqual([]);
  });
});

test('fleets count their agents, and agents are sorted by fleet and name', () => {
  const docs = { name: 'docs', waived: true, agents: [{ name: 'a-writer', class: 'implementer' }] };
  const { fleets: counted, agents } = statusIn({
    from: [docs, ...fleets],
    to: [docs, ...fleets],
    mishaps: [['coder0', 'failed']],
  });
  expect(counted).toMatchObject([
    {
      name: 'docs',
      profile: 'minimal',
      connector: 'tmux',
      connector_status: { state: 'none' },
      agents: 1,
      live: 1,
      conditions: [],
    },
    { name: 'coding', profile: null, connector: 'tmux', agents: 5, live: 3, conditions: [] },
  ]);
  expect(agents.map(({ name }) => name)).toEqual(['boss', 'coder0', 'muse', 'once', 'rest', 'a-writer']);
});

test('the revision is the one that was carried out, where that is known', () => {
  expect(statusIn().revision).toBe('0'.repeat(40));
  expect(statusIn({ admitted: false }).revision).toBeNull();
  expect(statusIn({ unreadable: ['admitted'] }).revision).toBeNull();
});
