import { describe, expect, test } from 'vitest';
import type { Suspension } from '../../src/model/controller.ts';
import { known, unknown } from '../../src/model/known.ts';
import { agentUnit, connectorUnit, environmentFile, holderUnit } from '../../src/model/names.ts';
import { type Changes, planChanges } from '../../src/plan/changes.ts';
import { makePlan } from '../../src/plan/plan.ts';
import { type Story, suspensionOf, type World, worldOf } from './arbitrary.ts';
import type { FleetSketch } from './sketches.ts';

const lead = { name: 'lead', class: 'orchestrator' };
const tidy = { name: 'tidy', class: 'enhancer' };
const coder = { name: 'coder', class: 'implementer' };
const f1 = (...agents: FleetSketch['agents']): FleetSketch => ({ name: 'f1', agents });
const whole = f1(lead, tidy, coder);

const planOf = ({ desired, seen, adopt }: World): Changes => planChanges(desired, seen, { adopt });
const planFor = (story: Partial<Story>): Changes => planOf(worldOf({ from: [whole], to: [whole], ...story }));
const idsOf = ({ actions }: Changes): string[] => actions.map(({ id }) => id);
const whyOf = ({ unknown: places }: Changes, path: string): string | undefined => places.find((one) => one.path === path)?.why;
const findingsOf = ({ diagnostics }: Changes) => diagnostics.filter(({ code }) => code === 'suspended');
const withSuspension = (any: World, change: Partial<Suspension>): World => {
  const suspensions = known([{ ...suspensionOf('agent coder'), ...change }]);
  return { ...any, seen: { ...any.seen, suspensions } };
};

describe('a suspended agent stays as it is', () => {
  test.each<readonly [string, Partial<Story>]>([
    ['stopped by hand', { mishaps: [['coder', 'stopped']] }],
    ['disabled by hand', { mishaps: [['coder', 'disabled']] }],
    ['failed', { mishaps: [['coder', 'failed']] }],
    ['with an edited file', { mishaps: [['coder', 'env-edited']] }],
    ['with a session of an earlier run', { mishaps: [['coder', 'stale-session']] }],
    ['rostered otherwise', { to: [f1(lead, tidy, { ...coder, config: 1 })] }],
    ['rostered to stop', { to: [f1(lead, tidy, { ...coder, state: 'stopped' })] }],
    ['rostered no more', { to: [f1(lead, tidy)] }],
    ['rostered for the first time', { from: [f1(lead, tidy)] }],
  ])('%s', (_what, story) => {
    expect(idsOf(planFor(story)).join()).toContain('coder');
    const plan = planFor({ ...story, suspended: ['agent coder'] });
    expect(idsOf(plan).filter((id) => id.includes('coder'))).toEqual([]);
    expect(whyOf(plan, `/units/${agentUnit('coder')}`)).toBe('suspended by jason since 2026-01-02T03:04:05Z');
  });

  test('and is in the digest of what the plan rests on', () => {
    const digestFor = (suspended: readonly string[]): string => {
      const { desired, seen } = worldOf({ from: [whole], to: [whole], suspended });
      const input = { revision: null, dirty: false, against: 'host', adopt: false, rosterless: false, diagnostics: [] };
      return makePlan({ desired, observation: seen, ...input }).plan.observed_digest;
    };
    expect(digestFor(['agent coder'])).not.toBe(digestFor([]));
    expect(digestFor(['agent coder'])).toBe(digestFor(['agent coder']));
  });

  test('with the reason that was given, made safe to show', () => {
    const any = withSuspension(worldOf({ from: [whole], to: [whole] }), { reason: 'look\u202eat\nit.' });
    const why = 'suspended by jason since 2026-01-02T03:04:05Z: look\\u{202e}at\\x0ait.';
    expect(whyOf(planOf(any), `/units/${agentUnit('coder')}`)).toBe(why);
    expect(findingsOf(planOf(any))[0]?.detail).toBe('look\\u{202e}at\\x0ait.');
  });

  test('and the tmux server that its session is in stays, too, when nobody else is left', () => {
    const plan = planFor({ to: [], suspended: ['agent coder'] });
    expect(idsOf(plan).filter((id) => id.includes(holderUnit))).toEqual([]);
    expect(idsOf(plan)).toContain(`stop ${agentUnit('lead')}`);
  });
});

describe('an orchestrator that is suspended while it is down', () => {
  const chief = { name: 'chief', class: 'orchestrator' };
  const story: Story = { from: [whole], to: [f1(chief, tidy, coder)], mishaps: [['lead', 'stopped']], suspended: ['agent lead'] };

  test('and enabled would come up at the next boot: nobody takes over from it', () => {
    const plan = planFor(story);
    expect(idsOf(plan).filter((id) => /chief|lead/.test(id))).toEqual([]);
    expect(whyOf(plan, `/units/${agentUnit('chief')}`)).toBe(
      'lead is enabled as the orchestrator, would come up after a reboot, and cannot be disabled',
    );
  });

  test('and disabled stays away: its successor comes', () => {
    const down = worldOf(story);
    const units = down.seen.units.known ? { ...down.seen.units.value } : {};
    const unit = units[agentUnit('lead')];
    if (unit !== undefined) units[agentUnit('lead')] = { ...unit, enablement: 'disabled' };
    const plan = planOf({ ...down, seen: { ...down.seen, units: known(units) } });
    expect(idsOf(plan)).toContain(`start ${agentUnit('chief')}`);
  });
});

describe('a suspended fleet', () => {
  const f2: FleetSketch = {
    name: 'f2',
    agents: [
      { name: 'boss', class: 'orchestrator' },
      { name: 'help', class: 'enhancer' },
    ],
  };

  test('stays as it is with its connector, and other fleets do not', () => {
    const plan = planFor({
      from: [{ ...whole, connector: 0 }, f2],
      to: [
        { ...f1(lead, tidy, { ...coder, config: 1 }), connector: 1 },
        { ...f2, agents: [...f2.agents, { name: 'new', class: 'implementer' }] },
      ],
      mishaps: [
        ['tidy', 'stopped'],
        ['help', 'stopped'],
      ],
      suspended: ['fleet f1'],
    });
    expect(idsOf(plan).filter((id) => /lead|tidy|coder|@f1/.test(id))).toEqual([]);
    expect(idsOf(plan)).toEqual(expect.arrayContaining([`start ${agentUnit('help')}`, `start ${agentUnit('new')}`]));
    expect(whyOf(plan, `/units/${connectorUnit('f1')}`)).toMatch(/^suspended by jason/);
  });

  test.each<readonly [string, Partial<Story>]>([
    ['runs in it and is rostered nowhere', { to: [f1(lead, tidy)] }],
    ['was admitted in it, rests, and is rostered nowhere', { to: [f1(lead, tidy)], mishaps: [['coder', 'stopped']] }],
    ['runs, and nobody knows where', { to: [f1(lead, tidy)], admitted: true, mishaps: [['coder', 'no-record']] }],
    ['runs in it and is rostered elsewhere', { to: [f1(lead, tidy), { ...f2, agents: [...f2.agents, coder] }] }],
    [
      'runs elsewhere and is rostered in it',
      { from: [f1(lead, tidy), { ...f2, agents: [...f2.agents, coder] }], to: [whole, f2] },
    ],
  ])('holds one that %s', (_what, story) => {
    const any = worldOf({ from: [whole], to: [whole], suspended: ['fleet f1'], ...story });
    expect(idsOf(planOf(any)).filter((id) => id.includes('coder'))).toEqual([]);
  });

  test('leaves alone what runs in no known fleet only while a fleet is suspended', () => {
    const story: Partial<Story> = { strays: ['live-unknown'] };
    expect(idsOf(planFor(story))).toContain(`stop ${agentUnit('stray')}`);
    expect(idsOf(planFor({ ...story, suspended: ['agent coder'] }))).toContain(`stop ${agentUnit('stray')}`);
    expect(idsOf(planFor({ ...story, suspended: ['fleet f1'] }))).not.toContain(`stop ${agentUnit('stray')}`);
  });
});

describe('drift of what is suspended is still told', () => {
  test.each<readonly [string, Partial<Story>, string]>([
    ['a stop by hand', { mishaps: [['coder', 'stopped']] }, `/units/${agentUnit('coder')}/active`],
    ['a session that ended', { mishaps: [['coder', 'stopped']] }, '/sessions/coder'],
    [
      'an edited file',
      { mishaps: [['coder', 'env-edited']] },
      `/files/${environmentFile('coder')}`.replace('agents/', 'agents~1'),
    ],
  ])('%s', (_what, story, path) => {
    const plan = planFor({ ...story, suspended: ['agent coder'] });
    expect(plan.drift).toContain(path);
    expect(plan.patch.map((operation) => operation.path)).not.toContain(path);
    expect(plan.drift).toEqual(planFor(story).drift);
  });

  test('what is rostered otherwise by now is no drift', () => {
    expect(planFor({ to: [f1(lead, tidy, { ...coder, config: 1 })], suspended: ['agent coder'] }).drift).toEqual([]);
  });
});

describe('what is suspended is said', () => {
  test.each<readonly [string, Partial<Story>, 'notice' | 'warning', string | undefined]>([
    ['of an agent', { suspended: ['agent coder'] }, 'notice', undefined],
    [
      'of an agent at rest that holds no floor',
      { suspended: ['agent coder'], mishaps: [['coder', 'stopped']] },
      'notice',
      undefined,
    ],
    ['of an orchestrator that lives', { suspended: ['agent lead'] }, 'notice', undefined],
    [
      'of an orchestrator that does not',
      { suspended: ['agent lead'], mishaps: [['lead', 'stopped']] },
      'warning',
      'orchestrator',
    ],
    [
      'of the only enhancer, which does not live',
      { suspended: ['agent tidy'], mishaps: [['tidy', 'failed']] },
      'warning',
      'enhancer',
    ],
    ['of a fleet that lives', { suspended: ['fleet f1'] }, 'notice', undefined],
    ['of a fleet without its enhancer', { suspended: ['fleet f1'], mishaps: [['tidy', 'sessionless']] }, 'warning', 'enhancer'],
    [
      'of an enhancer at rest beside one that lives',
      {
        from: [f1(lead, tidy, { name: 'neat', class: 'enhancer' })],
        to: [f1(lead, tidy, { name: 'neat', class: 'enhancer' })],
        suspended: ['agent tidy'],
        mishaps: [['tidy', 'stopped']],
      },
      'notice',
      undefined,
    ],
    [
      'of an orchestrator at rest where none has to be',
      {
        from: [{ ...whole, waived: true }],
        to: [{ ...whole, waived: true }],
        suspended: ['agent lead'],
        mishaps: [['lead', 'stopped']],
      },
      'notice',
      undefined,
    ],
    ['of one that there is not', { suspended: ['agent ghost'] }, 'notice', undefined],
  ])('%s', (_what, story, severity, lack) => {
    const [finding, ...more] = findingsOf(planFor(story));
    const target = story.suspended?.[0] ?? '';
    expect(more).toEqual([]);
    expect(finding).toMatchObject({
      severity,
      summary: `${target} is suspended by jason since 2026-01-02T03:04:05Z`,
      hint: expect.stringContaining(`muster resume ${target.split(' ')[1]}`),
    });
    expect(finding?.detail).toBe(
      lack === undefined ? undefined : `Fleet f1 has no live ${lack}, and nobody is brought up in its place.`,
    );
  });

  test('with the end that it will have by itself', () => {
    const any = withSuspension(worldOf({ from: [whole], to: [whole] }), { until: '2026-01-03T00:00:00Z' });
    expect(findingsOf(planOf(any))[0]?.summary).toMatch(/, until 2026-01-03T00:00:00Z$/);
  });
});

test('while nobody can tell what is suspended, no agent is touched, and that is an error', () => {
  const any = worldOf({
    from: [whole],
    to: [f1(lead, tidy)],
    mishaps: [['tidy', 'stopped']],
    strays: ['live', 'orphan-session'],
  });
  const plan = planOf({ ...any, seen: { ...any.seen, suspensions: unknown('no permission') } });
  expect(idsOf(plan)).toEqual([]);
  expect(plan.diagnostics).toMatchObject([
    { severity: 'error', code: 'state/unreadable', detail: expect.stringMatching(/^no permission\./) },
  ]);
});

test('a snapshot of an older version has no suspensions', () => {
  const { suspensions: _, ...seen } = worldOf({ from: [whole], to: [whole] }).seen;
  const any = worldOf({ from: [whole], to: [whole] });
  expect(planOf({ ...any, seen }).unknown).toEqual([]);
});
