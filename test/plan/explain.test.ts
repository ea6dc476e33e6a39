import { describe, expect, test } from 'vitest';
import type { BackOff, HistoryEntry } from '../../src/model/controller.ts';
import type { Explanation, whyCodes } from '../../src/model/explanation.ts';
import { agentUnit } from '../../src/model/names.ts';
import { noController, type StatusController } from '../../src/model/status.ts';
import { planChanges } from '../../src/plan/changes.ts';
import { derive } from '../../src/plan/derive.ts';
import { type ExplainInput, explain } from '../../src/plan/explain.ts';
import { statusOf } from '../../src/plan/status.ts';
import { at, controllerStatus, revision } from '../control/fake-control.ts';
import { deed, passAt, sighting } from '../views/told.ts';
import { type Story, worldOf } from './arbitrary.ts';
import type { Mishap } from './mishaps.ts';

const agents = [
  { name: 'boss', class: 'orchestrator' },
  { name: 'muse', class: 'enhancer' },
  { name: 'coder0', class: 'implementer' },
  { name: 'once', class: 'implementer', lifecycle: 'ephemeral' as const },
  { name: 'rest', class: 'implementer', state: 'stopped' as const },
];
const fleets = [{ name: 'coding', agents }];
const running: StatusController = { state: 'running', installed: true, status: controllerStatus() };

interface Telling extends Partial<Pick<ExplainInput, 'seen' | 'before' | 'history'>> {
  readonly story?: Partial<Story>;
  readonly controller?: StatusController;
}

function tell(
  name: string,
  { story = {}, controller = running, seen = null, before = null, history = [] }: Telling = {},
): Explanation {
  const { desired, seen: observation } = worldOf({ from: fleets, to: fleets, ...story });
  return explain({
    name,
    desired,
    observation,
    verdict: derive(observation, desired).verdicts.get(agentUnit(name)),
    changes: planChanges(desired, observation, { adopt: false }),
    status: statusOf(desired, observation, {}, controller),
    seen,
    before,
    history,
    unread: null,
  });
}

const codesOf = ({ why }: Explanation) => why.map(({ code }) => code);
const once = (mishap: Mishap, name = 'coder0'): Partial<Story> => ({ mishaps: [[name, mishap]] });

test('of an agent that is as it should be there is no why', () => {
  const told = tell('coder0');
  expect(told).toMatchObject({ name: 'coder0', state: 'live', session: 'alive', why: [], ended: null, plan: [] });
  expect(told.desired).toMatchObject({
    fleet: 'coding',
    class: 'implementer',
    state: 'running',
    enabled: true,
    lifecycle: 'core',
  });
});

describe('why an agent is as it is:', () => {
  test.each<readonly [Mishap, readonly (typeof whyCodes)[number][], readonly string[]]>([
    ['stopped', ['drift'], ['start']],
    ['failed', ['failed', 'drift'], ['reset-failed', 'start']],
    ['masked', ['masked'], []],
    ['auto-restart', ['waiting'], []],
    ['own-file', ['foreign'], []],
  ])('%s', (mishap, codes, verbs) => {
    const told = tell('coder0', { story: once(mishap) });
    expect(codesOf(told)).toEqual(codes);
    expect(told.plan.map(({ verb }) => verb)).toEqual(verbs);
  });

  test('a mask says how it is lifted', () => {
    expect(tell('coder0', { story: once('masked') }).why[0]?.hint).toContain(
      'systemctl --user unmask mosaic-agent@coder0.service',
    );
  });

  test.each<readonly [Mishap, (typeof whyCodes)[number]]>([
    ['foreign-session', 'foreign'],
    ['no-program', 'program-missing'],
  ])('it cannot come back: %s', (mishap, code) => {
    const told = tell('coder0', {
      story: {
        mishaps: [
          ['coder0', 'stopped'],
          ['coder0', mishap],
        ],
      },
    });
    expect(codesOf(told)[0]).toBe(code);
    expect(told.why[0]?.hint).toMatch(/./);
    expect(told.plan).toEqual([]);
  });

  test('stopped in its roster', () => {
    expect(codesOf(tell('rest'))).toEqual(['stopped-in-roster']);
  });

  test.each([
    ['agent coder0', 'muster resume coder0'],
    ['fleet coding', 'muster resume coding --fleet'],
  ])('suspended: %s', (target, hint) => {
    const told = tell('coder0', { story: { ...once('stopped'), suspended: [target] } });
    expect(told.why[0]).toMatchObject({ code: 'suspended', hint: `To end it: ${hint}` });
    expect(told.plan).toEqual([]);
  });

  test('in no roster', () => {
    const told = tell('coder0', { story: { to: [{ name: 'coding', agents: agents.filter(({ name }) => name !== 'coder0') }] } });
    expect(codesOf(told)).toEqual(['not-rostered']);
    expect(told).toMatchObject({ desired: null, state: 'live', session: 'alive' });
    expect(told.plan.map(({ verb }) => verb)).toContain('stop');
  });

  test('nobody is there to heal it', () => {
    const told = tell('coder0', { story: once('stopped'), controller: noController });
    expect(codesOf(told)).toEqual(['drift', 'no-controller']);
  });

  const backOff = (more: Partial<BackOff>): StatusController => ({
    ...running,
    status: controllerStatus({
      back_offs: [{ resource: agentUnit('coder0'), failures: 5, why: 'exit status 7', until: at, quarantined: false, ...more }],
    }),
  });
  test.each<readonly [Partial<BackOff>, string, string]>([
    [{}, 'back-off', `it failed 5 times (exit status 7); tried again at ${at}`],
    [{ failures: 1 }, 'back-off', `it failed once (exit status 7); tried again at ${at}`],
    [{ quarantined: true, until: null }, 'quarantined', 'it failed 5 times (exit status 7); not before something changes'],
  ])('it keeps failing: %j', (more, code, text) => {
    expect(tell('coder0', { story: once('failed'), controller: backOff(more) }).why[0]).toMatchObject({ code, text });
    expect(codesOf(tell('boss', { controller: backOff(more) }))).toEqual([]);
  });

  test('how it ended is told instead of that a job failed, with its log', () => {
    const seen = { cause: 'crashed', detail: 'exit status 66: as when its working directory cannot be entered' } as const;
    const controller = backOff({ failures: 1, why: 'its job failed; journalctl tells why' });
    expect(tell('coder0', { story: once('failed'), seen, controller }).why[0]).toEqual({
      code: 'back-off',
      text: `it failed once (${seen.detail}); tried again at ${at}`,
      hint: 'See why: muster logs coder0. To try it now: muster reconcile',
    });
    expect(tell('coder0', { story: once('failed'), seen, controller: noController }).why[0]?.text).toContain(seen.detail);
    const ended = { cause: 'timed-out', detail: '' } as const;
    expect(tell('coder0', { story: once('failed'), seen: ended, controller }).why[0]?.text).toContain('once (timed out)');
    const stopped = { cause: 'stopped-by-hand', detail: 'exit status 0' } as const;
    expect(tell('coder0', { story: once('failed'), seen: stopped, controller }).why[0]?.text).toContain('(its job failed;');
  });

  test.each([
    ['denied', 'revision-denied', 'commit b1946ac92492 is denied, so an earlier one is in force: no enhancer'],
    [
      'quarantined',
      'revision-quarantined',
      'commit b1946ac92492 is quarantined, so an earlier one is in force: the floor was not held',
    ],
    [
      'unreadable',
      'revision-unreadable',
      'commit b1946ac92492 cannot be read, so what was admitted before is in force: no enhancer',
    ],
  ] as const)('a later revision is %s', (outcome, code, text) => {
    const commit = 'b1946ac92492d2347c6235b4d2611184f3a6c0de';
    const status = controllerStatus({
      attempted: {
        revision: commit,
        outcome,
        at,
        diagnostics: [{ severity: 'error', code: 'floor/enhancer', summary: 'no enhancer' }],
      },
      quarantined: { revision: commit, why: 'the floor was not held', at },
    });
    expect(tell('coder0', { controller: { ...running, status } }).why).toMatchObject([{ code, text }]);
  });

  test('systemd cannot be asked', () => {
    const told = tell('coder0', { story: { unreadable: ['units'] } });
    expect(new Set(codesOf(told))).toEqual(new Set(['unknown']));
    expect(told).toMatchObject({ state: 'unknown', unit: 'unknown' });
    expect(JSON.stringify(told)).not.toContain("not muster's");
  });
});

describe('how it last ended', () => {
  const history: readonly HistoryEntry[] = [
    passAt('2026-01-01T12:00:00Z', [deed('start', 'coder0')], [sighting('coder0', 'crashed', 'exit status 7')]),
    passAt('2026-01-01T13:00:00Z', [deed('start', 'boss'), deed('start', 'coder0')], [sighting('coder0', 'stopped-by-hand')]),
    passAt('2026-01-01T14:00:00Z', [deed('start', 'boss')], [sighting('boss', 'killed', 'signal 9 (KILL)')]),
  ];
  const seen = { cause: 'out-of-memory' as const, detail: '' };

  test('is what its remains say while it is down', () => {
    expect(tell('coder0', { story: once('failed'), seen, history }).ended).toMatchObject({
      cause: 'out-of-memory',
      from: 'host',
    });
  });

  test('is what was seen of it last, once it is up again', () => {
    expect(tell('coder0', { seen, history }).ended).toEqual({
      at: '2026-01-01T13:00:00Z',
      cause: 'stopped-by-hand',
      detail: '',
      from: 'history',
    });
  });

  test('what was done to it is linked to commit and plan, newest last, ten at most', () => {
    const told = tell('coder0', { history: [...Array.from({ length: 9 }, () => history).flat()] });
    expect(told.actions.length).toBe(10);
    expect(told.actions.at(-1)).toMatchObject({ at: '2026-01-01T13:00:00Z', verb: 'start', outcome: 'done', revision });
    expect(told.actions.every(({ id }) => id === 'start mosaic-agent@coder0.service')).toBe(true);
  });
});

test('a mask on what all agents need is why they are down', () => {
  const { why } = tell('coder0', { story: { disaster: 'holder-masked' } });
  expect(why[0]).toEqual({
    code: 'masked',
    text: 'mosaic-tmux-holder.service is masked by hand',
    hint: 'Lift it: systemctl --user unmask mosaic-tmux-holder.service',
  });
});

describe('the last end', () => {
  const before = { cause: 'crashed', detail: 'exit status 7', at: '2026-01-02T03:04:05Z' } as const;
  const seenAt = (at: string, cause: 'ended' | 'disabled-by-hand'): HistoryEntry => passAt(at, [], [sighting('coder0', cause)]);

  test('of a live agent is what the run before wrote down', () => {
    expect(tell('coder0', { before }).ended).toEqual({ ...before, from: 'host' });
  });

  test('is not what the history could not see', () => {
    const history = [seenAt('2026-01-02T03:04:06Z', 'ended')];
    expect(tell('coder0', { before, history }).ended).toEqual({ ...before, from: 'host' });
  });

  test('is what was seen later', () => {
    const history = [seenAt('2026-01-03T03:04:05Z', 'disabled-by-hand')];
    expect(tell('coder0', { before, history }).ended).toMatchObject({ cause: 'disabled-by-hand', from: 'history' });
  });
});

describe('of an orchestrator its channel is told', () => {
  const talking = fleets.map((one) =>
    one.agents.some((agent) => agent.class === 'orchestrator') ? { ...one, connector: 1 } : one,
  );
  const boss = talking.flatMap(({ agents }) => agents).find((agent) => agent.class === 'orchestrator')?.name ?? '';

  test('and a channel that is not ready is a reason to look at', () => {
    const told = tell(boss, { story: { from: talking, to: talking } });
    expect(told.connector).toMatchObject({ kind: 'matrix', state: 'silent' });
    expect(codesOf(told)).toEqual(['connector']);
  });

  test('with what is done about it', () => {
    const told = tell(boss, { story: { from: fleets, to: talking } });
    expect(told.plan.map(({ verb, kind }) => `${verb} ${kind}`)).toEqual(['enable connector', 'start connector']);
    expect(tell('coder0', { story: { from: fleets, to: talking } })).toMatchObject({ connector: null, plan: [] });
  });
});
