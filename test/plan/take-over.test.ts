import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { digestOfText } from '../../src/model/digest.ts';
import { known } from '../../src/model/known.ts';
import { agentTemplate, agentUnit, holderUnit, isUnitFile, unitFile } from '../../src/model/names.ts';
import type { ObservedUnit } from '../../src/model/observation.ts';
import type { Action } from '../../src/model/plan.ts';
import { type Changes, planChanges } from '../../src/plan/changes.ts';
import { judge } from '../../src/plan/simulate.ts';
import { startOf } from '../../src/plan/simulate-start.ts';
import { describeViolation } from '../../src/plan/simulate-violations.ts';
import { blind, runs, type Story, type World, world, worldOf } from './arbitrary.ts';
import { rawUnit, seenAfter } from './hosts.ts';
import type { FleetSketch } from './sketches.ts';

const floor = [
  { name: 'lead', class: 'orchestrator' },
  { name: 'tidy', class: 'enhancer' },
];
const fleet = (...agents: FleetSketch['agents']): readonly FleetSketch[] => [{ name: 'f1', agents }];

/** A host on which an earlier installation runs the floor and `old`, and rosters that want the floor and `coder`. */
const earlier: Story = {
  from: fleet(...floor, { name: 'old', class: 'implementer' }),
  to: fleet(...floor, { name: 'coder', class: 'implementer' }),
  disaster: 'earlier-installation',
  admitted: false,
  adopt: true,
};

const planOf = ({ desired, seen, adopt }: World): Changes => planChanges(desired, seen, { adopt });
const planFor = (change: Partial<Story> = {}): Changes => planOf(worldOf({ ...earlier, ...change }));
const idsOf = ({ actions }: Pick<Changes, 'actions'>): string[] => actions.map(({ id }) => id);
const codesOf = ({ diagnostics }: Changes): string[] => diagnostics.map(({ code }) => code);
const lead = agentUnit('lead');
const tidy = agentUnit('tidy');
const old = agentUnit('old');
const coder = agentUnit('coder');

/** All that has to have succeeded before an action may begin. */
function awaited(plan: Pick<Changes, 'actions'>, id: string): ReadonlySet<string> {
  const byId = new Map(plan.actions.map((action) => [action.id, action]));
  const found = new Set<string>();
  const open = [id];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const earlierId of byId.get(next)?.after ?? []) {
      if (!found.has(earlierId)) open.push(earlierId);
      found.add(earlierId);
    }
  }
  return found;
}

const stopsOf = ({ actions }: Pick<Changes, 'actions'>): Action[] =>
  actions.filter(({ verb, reason }) => verb === 'stop' && reason === 'taken-over');

/** One unit of the host, as systemd says it. */
const withUnit = (any: World, unit: string, change: Partial<ObservedUnit>): World => {
  if (!any.seen.units.known) return any;
  const raw = any.seen.units.value[unit] ?? rawUnit('inactive', 'disabled', '');
  const units = known({ ...any.seen.units.value, [unit]: { ...raw, ...change } });
  return { ...any, seen: { ...any.seen, units }, truth: { ...any.truth, units } };
};

describe('a host that runs agents from unit files of an earlier installation', () => {
  test('is left alone without --adopt, and told so', () => {
    const plan = planFor({ adopt: false });
    expect(plan.actions.filter(({ unit, target }) => unit !== null || isUnitFile(target ?? ''))).toEqual([]);
    expect(new Set(codesOf(plan))).toEqual(new Set(['unit/foreign', 'adopt/needed']));
  });

  test('is taken over: all is ended, then the files are written, then all is started', () => {
    const plan = planFor();
    expect(codesOf(plan)).toEqual([]);
    const ends = [`stop ${lead}`, `disable ${old}`, `stop ${old}`, `stop ${tidy}`, `stop ${holderUnit}`];
    const ids = idsOf(plan);
    expect(ids.slice(0, ends.length)).toEqual(ends);
    for (const id of ids.filter((each) => each.startsWith('write ')))
      expect([...awaited(plan, id)]).toEqual(expect.arrayContaining(ends));
    const ready = [`write ${unitFile(agentTemplate)}`, `write ${unitFile(holderUnit)}`, 'reload unit-files'];
    expect([...awaited(plan, `start ${holderUnit}`)]).toEqual(expect.arrayContaining([...ends, ...ready]));
    for (const unit of [lead, tidy, coder]) {
      expect([...awaited(plan, `start ${unit}`)]).toEqual(expect.arrayContaining([...ends, ...ready, `start ${holderUnit}`]));
    }
    expect(ids).not.toContain(`start ${old}`);
    expect(ids).toContain(`enable ${coder}`);
  });

  test('says why, and that agents are ended', () => {
    const told = planFor().actions.filter(({ verb }) => verb === 'stop' || verb === 'start');
    expect(told.map(({ id, reason, disruptive }) => [id, reason, disruptive])).toEqual(
      expect.arrayContaining([
        [`stop ${lead}`, 'taken-over', true],
        [`stop ${old}`, 'taken-over', true],
        [`stop ${holderUnit}`, 'taken-over', false],
        [`start ${lead}`, 'taken-over', false],
        [`start ${coder}`, 'rostered', false],
      ]),
    );
  });

  test('keeps a holder of ours: only its agents are ended', () => {
    const ids = idsOf(planFor({ disaster: 'earlier-agents' }));
    expect(ids).toEqual(expect.arrayContaining([`stop ${lead}`, `stop ${old}`, `stop ${tidy}`]));
    expect(ids.filter((id) => id.endsWith(holderUnit))).toEqual([]);
  });

  test('keeps what our own supervisor started, though its template has lost the marker', () => {
    const ids = idsOf(planFor({ disaster: 'template-foreign', admitted: true }));
    expect(ids).toContain(`write ${unitFile(agentTemplate)}`);
    expect(ids.filter((id) => id.endsWith(lead) || id.endsWith(tidy))).toEqual([]);
  });

  test('at rest needs nothing ended', () => {
    const any = [lead, tidy, old, holderUnit].reduce(
      (each, unit) => withUnit(each, unit, { active: 'inactive', sub: 'dead', invocation: '' }),
      worldOf(earlier),
    );
    const tmux = known({ socket: 'mosaic', server: false, sessions: [] });
    const ids = idsOf(planOf({ ...any, seen: { ...any.seen, tmux } }));
    expect(ids.filter((id) => id.startsWith('stop '))).toEqual([]);
    expect(ids).toEqual(expect.arrayContaining([`disable ${old}`, `start ${lead}`, `start ${holderUnit}`]));
  });

  test.each([
    ['activating', 'start'],
    ['activating', 'auto-restart'],
    ['deactivating', 'stop-sigterm'],
  ])('one that is %s (%s) is ended, too', (active, sub) => {
    const plan = planOf(withUnit(worldOf(earlier), lead, { active, sub }));
    expect(stopsOf(plan).map(({ unit }) => unit)).toContain(lead);
    expect(plan.waiting).toEqual([]);
  });

  test('one whose unit rests keeps a session of its name, and with it the agent', () => {
    const rests = withUnit(worldOf(earlier), tidy, { active: 'inactive', sub: 'dead', invocation: '' });
    const plan = planOf(rests);
    expect(codesOf(plan)).toEqual(['session/foreign']);
    expect(idsOf(plan).filter((id) => id.endsWith(tidy))).toEqual([]);
  });
});

describe('a host is taken over as a whole or not at all', () => {
  const obstacles: readonly (readonly [string, World])[] = [
    ['a running unit that is masked', withUnit(worldOf(earlier), old, { load: 'masked', enablement: 'masked' })],
    ['a running unit with a file of its own', withUnit(worldOf(earlier), old, { ownFile: '/home/jason/old.service' })],
    ['an agent whose program is missing', worldOf({ ...earlier, mishaps: [['lead', 'no-program']] })],
    ['tmux that cannot be asked', worldOf({ ...earlier, unreadable: ['tmux'] })],
    ['records that cannot be read', worldOf({ ...earlier, unreadable: ['records'] })],
    ['units that cannot be read', worldOf({ ...earlier, unreadable: ['units'] })],
  ];

  test.each(obstacles)('%s stands in the way', (_, any) => {
    const plan = planOf(any);
    expect(plan.actions.filter(({ unit, target }) => unit !== null || isUnitFile(target ?? ''))).toEqual([]);
    expect(plan.diagnostics.filter(({ code }) => code === 'unit/foreign').map(({ severity }) => severity)).toContain('error');
  });

  test('a unit at rest does not', () => {
    const rests = { active: 'inactive', sub: 'dead', invocation: '', load: 'masked', enablement: 'masked' };
    const plan = planOf(withUnit(worldOf(earlier), old, rests));
    expect(codesOf(plan)).toEqual([]);
    expect(stopsOf(plan).map(({ unit }) => unit)).toEqual([lead, tidy, holderUnit]);
  });
});

describe('of any host', () => {
  const inherited = fc.tuple(world, fc.boolean()).map(([any, whole]) => inherit(any, whole));

  test('nothing of ours is written or started before everything is over', () => {
    fc.assert(
      fc.property(inherited, (any) => {
        const plan = planOf(any);
        const stops = stopsOf(plan).map(({ id }) => id);
        for (const { id, verb } of plan.actions) {
          if (!['write', 'start', 'restart'].includes(verb)) continue;
          const earlierIds = awaited(plan, id);
          expect(stops.filter((stop) => !earlierIds.has(stop))).toEqual([]);
        }
      }),
      runs,
    );
  });

  test('the floor holds, in any order and whatever fails', () => {
    const failures = fc.array(fc.nat({ max: 60 }), { maxLength: 3 });
    fc.assert(
      fc.property(inherited, fc.infiniteStream(fc.nat()), failures, (any, choices, failing) => {
        const { desired } = any;
        const plan = planOf(any);
        const start = startOf({ ...any.truth, files: any.seen.files, records: any.seen.records }, desired);
        const failed = new Set(failing.map((position) => plan.actions[position]?.id));
        const order = { pick: (ready: number): number => Number(choices.next().value) % ready };
        const { violations } = judge(start, plan, desired, { order, fails: ({ id }) => failed.has(id) });
        expect(violations.map(describeViolation)).toEqual([]);
      }),
      runs,
    );
  });

  test('one that was taken over needs it no more', () => {
    fc.assert(
      fc.property(inherited, (any) => {
        const first = planOf(any);
        const start = startOf(any.seen, any.desired);
        const { end } = judge(start, first, any.desired);
        const second = planChanges(any.desired, seenAfter(any.seen, start, end, any.desired), { adopt: true });
        expect(stopsOf(first).length === 0 ? [] : stopsOf(second)).toEqual([]);
      }),
      runs,
    );
  });
});

/** The same host, as it would be if an earlier installation had brought it there: with a holder of its own, if `whole`. */
function inherit(any: World, whole: boolean): World {
  const { truth, seen } = any;
  const theirs = { digest: digestOfText('of an earlier installation'), ours: false };
  const unitFiles = [agentTemplate, ...(whole ? [holderUnit] : [])].map((unit) => [unitFile(unit), theirs] as const);
  const { files, records, tmux } = truth;
  const changed = {
    files: files.known ? known({ ...files.value, ...Object.fromEntries(unitFiles) }) : files,
    records: records.known
      ? known(Object.fromEntries(Object.entries(records.value).filter(([unit]) => unit === holderUnit && !whole)))
      : records,
    tmux: tmux.known
      ? known({ ...tmux.value, sessions: tmux.value.sessions.map((one) => ({ ...one, agent: '', incarnation: '' })) })
      : tmux,
  };
  const hidden = (['files', 'records', 'tmux'] as const).filter((source) => !seen[source].known);
  return { ...any, truth: { ...truth, ...changed }, seen: blind({ ...seen, ...changed }, hidden), adopt: true };
}
