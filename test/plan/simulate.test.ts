import { describe, expect, test } from 'vitest';
import type { Desired } from '../../src/model/desired.ts';
import { agentTemplate, agentUnit, connectorUnit, holderUnit, unitFile } from '../../src/model/names.ts';
import type { Action, Handover, TargetKind, Verb } from '../../src/model/plan.ts';
import { verbs } from '../../src/model/plan.ts';
import { type JudgeOptions, judge, judgeRun } from '../../src/plan/simulate.ts';
import type { SimulationStart, SimulationUnit } from '../../src/plan/simulate-start.ts';
import { describeViolation, type ViolationKind, violationTexts } from '../../src/plan/simulate-violations.ts';
import { type AgentSketch, convergedOn, desiredOf, nothing } from './sketches.ts';

const o1 = { name: 'o1', class: 'orchestrator' };
const o2 = { name: 'o2', class: 'orchestrator' };
const e1 = { name: 'e1', class: 'enhancer' };
const e2 = { name: 'e2', class: 'enhancer' };
const coder = { name: 'c1', class: 'implementer' };
const changed = (agent: AgentSketch): AgentSketch => ({ ...agent, config: 1 });

const coding = (...agents: AgentSketch[]): Desired => desiredOf([{ name: 'coding', agents }]);
const waived = (...agents: AgentSketch[]): Desired => desiredOf([{ name: 'coding', waived: true, agents }]);
const chatting = (connector: number, ...agents: AgentSketch[]): Desired => desiredOf([{ name: 'coding', connector, agents }]);

/** `verb target < id, id`: agents by name, `holder`, `connector FLEET`, `kill-session %3 NAME`. */
function actionOf(line: string): Action {
  const [id = '', after = ''] = line.split(' < ');
  const [word = '', target = null, name = null] = id.split(' ');
  const verb = verbs.find((each): each is Verb => each === word);
  if (verb === undefined) throw new Error(`no verb: ${line}`);
  const bare = {
    id,
    verb,
    fleet: null,
    reason: 'rostered',
    after: after === '' ? [] : after.split(', '),
    disruptive: false,
  } as const;
  const action = (kind: TargetKind, unit: string | null, file: string | null): Action => ({
    ...bare,
    kind,
    name,
    unit,
    target: file,
  });
  if (verb === 'write' || verb === 'remove') return action('file', null, target);
  if (verb === 'linger') return action('host', null, null);
  if (verb === 'reload') return action('manager', null, null);
  if (verb === 'kill-session') return action('session', null, target);
  if (target === 'holder') return action('holder', holderUnit, null);
  if (target === 'connector') return { ...action('connector', connectorUnit(name ?? ''), null) };
  if (target === 'cron.service') return action('agent', target, null);
  return { ...action('agent', target === null ? null : agentUnit(target), null), name: target };
}

const actionsOf = (...lines: string[]): Action[] => lines.map(actionOf);

interface Row {
  readonly story: string;
  readonly start: SimulationStart;
  readonly desired: Desired;
  readonly actions: readonly Action[];
  readonly handovers?: readonly Handover[];
  readonly options?: JudgeOptions;
}

interface BrokenRow extends Row {
  readonly kind: ViolationKind;
}

const withUnit = (host: SimulationStart, name: string, change: Partial<SimulationUnit>): SimulationStart => {
  const unit: SimulationUnit = {
    enabled: false,
    live: false,
    session: false,
    class: null,
    fleet: null,
    config: null,
    ...host.units.get(name),
    ...change,
  };
  return { ...host, units: new Map([...host.units, [name, unit]]) };
};
const withoutFile = (host: SimulationStart, gone: string): SimulationStart => ({
  ...host,
  files: new Map([...host.files].filter(([key]) => key !== gone)),
});
const without = (host: SimulationStart, name: string): SimulationStart =>
  withUnit(host, agentUnit(name), { live: false, session: false, class: null, fleet: null, config: null });

const atRest = (host: SimulationStart, name: string, fleet: string): SimulationStart =>
  withUnit(without(host, name), agentUnit(name), { rests: { fleet, class: 'orchestrator' } });

const env = (name: string): string => `agents/${name}.env`;
const base = convergedOn(coding(o1, e1));
const handover = { fleet: 'coding', leaving: 'o1', entering: 'o2', movers: [] };
/** o1 is replaced by o2, in the order of the rules. */
const replacement = [
  'write agents/o2.env',
  'disable o1 < write agents/o2.env',
  'stop o1 < disable o1',
  'enable o2 < stop o1',
  'start o2 < enable o2',
  'remove agents/o1.env < start o2',
  'reload < enable o2, disable o1, remove agents/o1.env',
];

/** The same where o1 does not run; its enablement goes at any time. */
const replacementOfOneAtRest = [
  'write agents/o2.env',
  'enable o2 < write agents/o2.env',
  'start o2 < enable o2',
  'disable o1',
  'remove agents/o1.env < start o2, disable o1',
  'reload < enable o2, disable o1, remove agents/o1.env',
];

/** c1 becomes orchestrator in place of o1, which ends after these steps. */
const promotion = (ready: string): string[] => [
  'disable o1',
  ...(ready.includes('disable') ? [] : ['disable o1 < write agents/c1.env']),
  `stop o1 < ${ready.includes('disable') ? ready : 'disable o1'}`,
  'stop c1 < stop o1',
  'start c1 < stop c1, stop o1',
  'remove agents/o1.env < start c1',
  'reload < disable o1, remove agents/o1.env',
];

/** Orchestrators of two fleets that have an enhancer each. */
const two = (first: string, second: string): Desired =>
  desiredOf([
    { name: 'coding', agents: [{ name: first, class: 'orchestrator' }, e1] },
    { name: 'other', agents: [{ name: second, class: 'orchestrator' }, e2] },
  ]);

const soundRows: Row[] = [
  {
    story: 'a fleet comes up from nothing',
    start: nothing,
    desired: coding(o1, e1),
    actions: actionsOf(
      ...Object.keys(coding(o1, e1).state.files).map((key) => `write ${key}`),
      'linger',
      `reload < ${Object.keys(coding(o1, e1).state.files)
        .map((key) => `write ${key}`)
        .join(', ')}`,
      'enable holder < reload',
      'start holder < enable holder',
      'enable o1 < start holder',
      'start o1 < enable o1',
      'enable e1 < start o1',
      'start e1 < enable e1',
    ).concat({ ...actionOf('reload < enable e1, enable o1'), id: 'reload again' }),
  },
  {
    story: 'the orchestrator is replaced',
    start: base,
    desired: coding(o2, e1),
    actions: actionsOf(...replacement),
    handovers: [handover],
  },
  {
    story: 'an agent that is there takes over, and has its file between two steps of the former one',
    start: convergedOn(coding(o1, e1, coder)),
    desired: coding({ ...coder, class: 'orchestrator' }, e1),
    actions: actionsOf(
      'disable o1',
      'write agents/c1.env < disable o1',
      ...promotion('write agents/c1.env, disable o1').slice(1),
    ),
    handovers: [{ ...handover, entering: 'c1', movers: ['c1'] }],
  },
  {
    story: 'orchestrators of two fleets change places, which nothing can do in one step',
    start: convergedOn(two('o1', 'o2')),
    desired: two('o2', 'o1'),
    actions: actionsOf(
      'write agents/o1.env',
      'write agents/o2.env < write agents/o1.env',
      'stop o1 < write agents/o2.env',
      'stop o2 < write agents/o2.env',
      'start o1 < stop o1, stop o2',
      'start o2 < stop o1, stop o2',
    ),
    handovers: [
      { fleet: 'coding', leaving: 'o1', entering: 'o2', movers: ['o1', 'o2'] },
      { fleet: 'other', leaving: 'o2', entering: 'o1', movers: ['o2', 'o1'] },
    ],
  },
  {
    story: 'and neither in one step while both are at rest, each with the file of what it was',
    start: atRest(atRest(convergedOn(two('o1', 'o2')), 'o1', 'coding'), 'o2', 'other'),
    desired: two('o2', 'o1'),
    actions: actionsOf(
      'write agents/o1.env',
      'write agents/o2.env < write agents/o1.env',
      'start o1 < write agents/o1.env',
      'start o2 < write agents/o2.env',
    ),
  },
  {
    story: 'a new one is enabled beside one at rest that is enabled until the next boot only',
    start: withUnit(atRest(base, 'o1', 'coding'), agentUnit('o1'), { untilBoot: true }),
    desired: coding(o2, e1),
    actions: actionsOf(...replacementOfOneAtRest),
  },
  {
    story: 'the sole orchestrator is restarted',
    start: base,
    desired: coding(changed(o1), e1),
    actions: actionsOf('write agents/o1.env', 'restart o1 < write agents/o1.env'),
  },
  {
    story: 'the sole enhancer is restarted',
    start: base,
    desired: coding(o1, changed(e1)),
    actions: actionsOf('write agents/e1.env', 'restart e1 < write agents/e1.env'),
  },
  {
    story: 'two enhancers are restarted, one after the other',
    start: convergedOn(coding(o1, e1, e2)),
    desired: coding(o1, changed(e1), changed(e2)),
    actions: actionsOf(
      'write agents/e1.env',
      'write agents/e2.env',
      'restart e1 < write agents/e1.env',
      'restart e2 < write agents/e2.env, restart e1',
    ),
  },
  {
    story: 'one enhancer enters before the other leaves',
    start: base,
    desired: coding(o1, e2),
    actions: actionsOf(
      'write agents/e2.env',
      'enable e2 < write agents/e2.env',
      'start e2 < enable e2',
      'disable e1 < start e2',
      'stop e1 < disable e1',
      'remove agents/e1.env < stop e1',
      'reload < enable e2, disable e1',
    ),
  },
  {
    story: 'a waived fleet may lose its orchestrator and its enhancer',
    start: base,
    desired: waived(coder),
    actions: actionsOf(
      'disable o1',
      'stop o1 < disable o1',
      'disable e1',
      'stop e1 < disable e1',
      'reload < disable o1, disable e1',
    ),
  },
  {
    story: 'a fleet leaves as a whole',
    start: base,
    desired: coding(),
    actions: actionsOf(
      'disable o1',
      'stop o1 < disable o1',
      'disable e1',
      'stop e1 < disable e1',
      'reload < disable o1, disable e1',
    ),
  },
  {
    story: 'a live orchestrator of which nobody knows what it was started as may be ended early',
    start: withUnit(base, agentUnit('x'), { live: true }),
    desired: coding(o1, e1),
    actions: actionsOf('stop x'),
  },
];

describe('a plan that keeps the rules', () => {
  const orders = [['plan'], ['together']] as const;
  for (const [order] of orders) {
    test.each(soundRows)(`${order}: $story`, ({ start, desired, actions, handovers = [] }) => {
      expect(judge(start, { actions, handovers }, desired, { order }).violations.map(describeViolation)).toEqual([]);
    });
  }

  test('ends where it is to end', () => {
    const desired = coding(o2, e1);
    const { end } = judge(base, { actions: actionsOf(...replacement), handovers: [handover] }, desired);
    expect(end.units.get(agentUnit('o2'))).toMatchObject({ enabled: true, live: true, config: desired.agents.get('o2')?.config });
    expect(end.units.get(agentUnit('o1'))).toMatchObject({ enabled: false, live: false, config: null });
    const sessions = [...end.units].filter(([, { session }]) => session).map(([unit]) => unit);
    expect(sessions.sort()).toEqual([agentUnit('e1'), agentUnit('o2'), holderUnit].sort());
    expect(end.files).toEqual(withoutFile({ ...base, files: new Map(Object.entries(desired.state.files)) }, env('o1')).files);
  });
});

describe('reloads at the same time', () => {
  const template = unitFile(agentTemplate);
  const desired = coding(o1, e1, coder);
  const start = withoutFile(without(convergedOn(desired), 'c1'), template);
  const judged = (choices: number[], actions: readonly Action[], fails: string): string[] => {
    const order = { pick: () => choices.shift() ?? 0 };
    return judge(start, { actions, handovers: [] }, desired, { order, fails: ({ id }) => id === fails }).violations.map(
      ({ kind }) => kind,
    );
  };

  test('one that fails takes nothing back that the other has read', () => {
    const actions = actionsOf(
      `write ${template}`,
      `reload unit-files < write ${template}`,
      'reload enablement',
      `start c1 < reload unit-files`,
    );
    // Both have begun before either ends, and the one that fails ends first.
    expect(judged([0, 0, 0, 1, 0], actions, 'reload enablement')).toEqual([]);
    expect(judged([0, 0, 0, 1, 0], actions, 'reload unit-files')).toEqual([]);
  });

  test('one that began before a unit file was written has not read it', () => {
    const actions = actionsOf('reload enablement', `write ${template}`, `start c1 < reload enablement, write ${template}`);
    expect(judged([0, 1, 1, 0], actions, '')).toEqual(['start-before-reload', 'reload-missing']);
  });
});

const brokenRows: BrokenRow[] = [
  {
    kind: 'duplicate-id',
    story: 'one action twice',
    start: base,
    desired: coding(o1, e1),
    actions: actionsOf('reset-failed o1', 'reset-failed o1'),
  },
  {
    kind: 'unknown-dependency',
    story: 'waits for what is not there',
    start: base,
    desired: coding(o1, e1),
    actions: actionsOf('reset-failed o1 < start o9'),
  },
  {
    kind: 'cycle',
    story: 'two wait for each other',
    start: base,
    desired: coding(o1, e1),
    actions: actionsOf('reset-failed o1 < reset-failed e1', 'reset-failed e1 < reset-failed o1'),
  },
  {
    kind: 'unknown-target',
    story: 'writes a file that nobody desires',
    start: base,
    desired: coding(o1, e1),
    actions: actionsOf('write agents/x.env'),
  },
  { kind: 'unknown-target', story: 'a start without a unit', start: base, desired: coding(o1, e1), actions: actionsOf('start') },
  {
    kind: 'foreign-touched',
    story: 'stops a unit that is not ours by name',
    start: base,
    desired: coding(o1, e1),
    actions: actionsOf('stop cron.service'),
  },
  {
    kind: 'foreign-touched',
    story: 'stops an instance with a unit file of its own',
    start: withUnit(base, agentUnit('x'), { live: true, foreign: true }),
    desired: coding(o1, e1),
    actions: actionsOf('stop x'),
  },
  {
    kind: 'foreign-touched',
    story: 'kills a session without our tag',
    start: base,
    desired: coding(o1, e1),
    actions: actionsOf('kill-session $9 x'),
  },
  {
    kind: 'masked-touched',
    story: 'starts a masked unit',
    start: withUnit(without(base, 'e1'), agentUnit('e1'), { masked: true }),
    desired: coding(o1, e1),
    actions: actionsOf('start e1'),
  },
  {
    kind: 'two-orchestrators',
    story: 'the entering one starts first',
    start: base,
    desired: coding(o2, e1),
    actions: actionsOf('write agents/o2.env', 'enable o2', 'start o2 < write agents/o2.env, enable o2', 'reload < enable o2'),
  },
  {
    kind: 'two-orchestrators',
    story: 'the entering one does not wait for the end of the leaving one',
    start: base,
    desired: coding(o2, e1),
    actions: actionsOf(
      'write agents/o2.env',
      'disable o1',
      'stop o1 < disable o1',
      'enable o2',
      'start o2 < enable o2, write agents/o2.env',
    ),
    options: { order: 'together' },
  },
  {
    kind: 'two-orchestrators',
    story: 'the leaving one is still on its way down',
    start: withUnit(base, agentUnit('o1'), { enabled: false, live: false, ending: true }),
    desired: coding(o2, e1),
    actions: actionsOf('write agents/o2.env', 'enable o2', 'start o2 < write agents/o2.env, enable o2'),
  },
  {
    kind: 'two-orchestrators',
    story: 'an agent becomes orchestrator beside the one that is',
    start: convergedOn(coding(o1, e1, coder)),
    desired: coding({ ...o1, state: 'stopped' }, e1, { ...coder, class: 'orchestrator' }),
    actions: actionsOf('write agents/c1.env', 'restart c1 < write agents/c1.env'),
  },
  {
    kind: 'two-orchestrators',
    story: 'also where the floor is waived',
    start: convergedOn(waived(o1)),
    desired: waived(o2),
    actions: actionsOf('write agents/o2.env', 'enable o2', 'start o2 < enable o2, write agents/o2.env'),
  },
  {
    kind: 'no-orchestrator',
    story: 'ends it with no handover and no way back',
    start: base,
    desired: coding(o2, e1),
    actions: actionsOf(...replacement),
  },
  {
    kind: 'no-orchestrator',
    story: 'just stops it',
    start: base,
    desired: coding(o1, e1),
    actions: actionsOf('stop o1'),
  },
  {
    kind: 'no-enhancer',
    story: 'the leaving one ends before the entering one lives',
    start: base,
    desired: coding(o1, e2),
    actions: actionsOf(
      'write agents/e2.env',
      'disable e1',
      'stop e1 < disable e1',
      'enable e2 < stop e1',
      'start e2 < enable e2, write agents/e2.env',
    ),
  },
  {
    kind: 'no-enhancer',
    story: 'both restart at once',
    start: convergedOn(coding(o1, e1, e2)),
    desired: coding(o1, changed(e1), changed(e2)),
    actions: actionsOf(
      'write agents/e1.env',
      'write agents/e2.env',
      'restart e1 < write agents/e1.env',
      'restart e2 < write agents/e2.env',
    ),
    options: { order: 'together' },
  },
  {
    kind: 'no-enhancer',
    story: 'the second restarts although the first did not come up',
    start: convergedOn(coding(o1, e1, e2)),
    desired: coding(o1, changed(e1), changed(e2)),
    actions: actionsOf(
      'write agents/e1.env',
      'write agents/e2.env',
      'restart e1 < write agents/e1.env',
      'restart e2 < write agents/e2.env',
    ),
    options: { fails: ({ id }) => id === 'restart e1' },
  },
  {
    kind: 'gap-unprepared',
    story: 'restarts the orchestrator before its file is written',
    start: base,
    desired: coding(changed(o1), e1),
    actions: actionsOf('restart o1', 'write agents/o1.env < restart o1'),
  },
  {
    kind: 'gap-unprepared',
    story: 'ends the orchestrator before the file of the next is written',
    start: base,
    desired: coding(o2, e1),
    actions: actionsOf(
      'disable o1',
      'stop o1 < disable o1',
      'write agents/o2.env < stop o1',
      'enable o2 < write agents/o2.env',
      'start o2 < enable o2',
    ),
    handovers: [handover],
  },
  {
    kind: 'gap-unprepared',
    story: 'the next waits for somebody else',
    start: convergedOn(coding(o1, e1, coder)),
    desired: coding(o2, e1),
    actions: actionsOf(
      'write agents/o2.env',
      'disable o1 < write agents/o2.env',
      'stop o1 < disable o1',
      'disable c1 < stop o1',
      'stop c1 < disable c1',
      'enable o2 < stop c1',
      'start o2 < enable o2',
    ),
    handovers: [handover],
  },
  {
    kind: 'gap-unprepared',
    story: 'ends the orchestrator although the file of the next could not be written',
    start: base,
    desired: coding(o2, e1),
    actions: actionsOf(
      'write agents/o2.env',
      'disable o1',
      'stop o1 < disable o1',
      'enable o2 < write agents/o2.env',
      'start o2 < stop o1, enable o2',
    ),
    handovers: [handover],
    options: { fails: ({ verb }) => verb === 'write' },
  },
  {
    kind: 'gap-not-adjacent',
    story: 'a third orchestrator is stopped in between',
    // systemd runs it, but its session is gone: it does not serve.
    start: withUnit(base, agentUnit('o3'), { live: true, class: 'orchestrator', fleet: 'coding' }),
    desired: coding(o2, e1),
    actions: actionsOf(
      'write agents/o2.env',
      'disable o1 < write agents/o2.env',
      'stop o1 < disable o1',
      'stop o3 < stop o1',
      'enable o2 < stop o1',
      'start o2 < enable o2',
    ),
    handovers: [handover],
  },
  {
    kind: 'two-gaps',
    story: 'the sole enhancer restarts while the orchestrator is handed over',
    start: base,
    desired: coding(o2, changed(e1)),
    actions: actionsOf(
      'write agents/o2.env',
      'write agents/e1.env',
      'disable o1 < write agents/o2.env',
      'stop o1 < disable o1',
      'restart e1 < write agents/e1.env',
      'enable o2 < stop o1',
      'start o2 < enable o2',
    ),
    handovers: [handover],
  },
  {
    kind: 'way-back-lost',
    story: 'the file of the leaving one goes before the entering one lives',
    start: base,
    desired: coding(o2, e1),
    actions: actionsOf(
      ...replacement.slice(0, 4),
      'remove agents/o1.env < stop o1',
      'start o2 < enable o2, remove agents/o1.env',
    ),
    handovers: [handover],
  },
  {
    kind: 'stop-before-disable',
    story: 'a crash in between would bring it back at boot',
    start: convergedOn(coding(o1, e1, coder)),
    desired: coding(o1, e1),
    actions: actionsOf('stop c1', 'disable c1 < stop c1', 'reload < disable c1'),
  },
  {
    kind: 'start-before-files',
    story: 'its environment is not written',
    start: base,
    desired: coding(o1, e1, coder),
    actions: actionsOf('write roles/implementer.md', 'enable c1', 'start c1 < write roles/implementer.md, enable c1'),
  },
  {
    kind: 'start-before-files',
    story: 'its role document could not be written',
    start: base,
    desired: coding(o1, e1, coder),
    actions: actionsOf(
      'write agents/c1.env',
      'write roles/implementer.md',
      'enable c1',
      'start c1 < write agents/c1.env, enable c1',
    ),
    options: { fails: ({ id }) => id === 'write roles/implementer.md' },
  },
  {
    kind: 'start-before-reload',
    story: 'its drop-in is not read',
    start: base,
    desired: coding(o1, e1, { ...coder, lifecycle: 'ephemeral' }),
    actions: actionsOf(
      'write agents/c1.env',
      'write roles/implementer.md',
      'write units/mosaic-agent@c1.service.d/muster.conf',
      'start c1 < write agents/c1.env, write roles/implementer.md, write units/mosaic-agent@c1.service.d/muster.conf',
      'reload < write units/mosaic-agent@c1.service.d/muster.conf, start c1',
    ),
  },
  {
    kind: 'start-before-enable',
    story: 'a crash in between would leave it down at boot',
    start: without(withUnit(base, agentUnit('e1'), { enabled: false }), 'e1'),
    desired: coding(o1, e1),
    actions: actionsOf('start e1', 'enable e1 < start e1', 'reload < enable e1'),
  },
  {
    kind: 'start-before-holder',
    story: 'no tmux server yet',
    start: without(withUnit(base, holderUnit, { live: false }), 'e1'),
    desired: coding(o1, e1),
    actions: actionsOf('start e1', 'start holder'),
  },
  {
    kind: 'holder-disturbed',
    story: 'a restart takes all agents along',
    start: base,
    desired: coding(o1, e1),
    actions: actionsOf('restart holder'),
  },
  {
    kind: 'connector-early',
    story: 'nobody is there to talk to',
    start: without(convergedOn(coding(o1, e1)), 'o1'),
    desired: chatting(0, o1, e1),
    actions: actionsOf(
      'write units/mosaic-connector@.service',
      'reload < write units/mosaic-connector@.service',
      'enable connector coding < reload',
      'start connector coding < enable connector coding',
      'start o1 < start connector coding',
    ),
  },
  {
    kind: 'connector-late',
    story: 'a leaving connector outlives its orchestrator',
    start: convergedOn(chatting(0, o1, e1)),
    desired: coding(o2, e1),
    actions: actionsOf(
      ...replacement.slice(0, -1),
      'disable connector coding < start o2',
      'stop connector coding < disable connector coding',
    ),
    handovers: [handover],
  },
  {
    kind: 'connector-late',
    story: 'a connector that stays is restarted while the orchestrator is handed over',
    start: convergedOn(chatting(0, o1, e1)),
    desired: chatting(1, o2, e1),
    actions: actionsOf(
      ...replacement.slice(0, 3),
      'restart connector coding < stop o1',
      'enable o2 < stop o1',
      'start o2 < enable o2',
    ),
    handovers: [handover],
  },
  {
    kind: 'two-at-boot',
    story: 'an agent that is enabled has the file of an orchestrator while the former one is enabled, too',
    start: convergedOn(coding(o1, e1, coder)),
    desired: coding({ ...coder, class: 'orchestrator' }, e1),
    actions: actionsOf('write agents/c1.env', ...promotion('write agents/c1.env').slice(1)),
    handovers: [{ ...handover, entering: 'c1', movers: ['c1'] }],
  },
  {
    kind: 'two-at-boot',
    story: 'the new orchestrator is enabled before the former one has the file of its new role',
    start: base,
    desired: coding({ ...o1, class: 'implementer' }, o2, e1),
    actions: actionsOf(
      'write agents/o2.env',
      'stop o1 < write agents/o2.env',
      'enable o2 < stop o1',
      'start o2 < enable o2',
      'write agents/o1.env < start o2',
      'start o1 < write agents/o1.env',
      'reload < enable o2',
    ),
    handovers: [{ ...handover, movers: ['o1'] }],
  },
  {
    kind: 'two-at-boot',
    story: 'the new orchestrator is enabled beside one that does not run, and yet is enabled with the file of one',
    start: atRest(base, 'o1', 'coding'),
    desired: coding(o2, e1),
    actions: actionsOf(...replacementOfOneAtRest),
  },
  {
    kind: 'two-at-boot',
    story: 'one that was enabled until the next boot only is enabled for good, and so is another one',
    start: withUnit(atRest(base, 'o1', 'coding'), agentUnit('o1'), { untilBoot: true }),
    desired: coding(o2, e1),
    actions: actionsOf(
      'write agents/o2.env',
      'enable o1',
      'enable o2 < write agents/o2.env, enable o1',
      'start o2 < enable o2',
      'reload < enable o2, enable o1',
    ),
  },
  {
    kind: 'file-removed-early',
    story: 'its unit lives',
    start: convergedOn(coding(o1, e1, coder)),
    desired: coding(o1, e1),
    actions: actionsOf('disable c1', 'remove agents/c1.env', 'stop c1 < disable c1', 'reload < disable c1'),
  },
  {
    kind: 'file-removed-early',
    story: 'its unit could not be stopped',
    start: convergedOn(coding(o1, e1, coder)),
    desired: coding(o1, e1),
    actions: actionsOf('disable c1', 'stop c1 < disable c1', 'remove agents/c1.env < disable c1'),
    options: { fails: ({ verb }) => verb === 'stop' },
  },
  {
    kind: 'file-removed-early',
    story: 'the template goes while agents run',
    start: base,
    desired: coding(),
    actions: actionsOf('remove units/mosaic-agent@.service', 'reload < remove units/mosaic-agent@.service'),
  },
  {
    kind: 'file-removed-early',
    story: 'it is desired',
    start: base,
    desired: coding(o1, e1),
    actions: actionsOf('remove agents/o1.env'),
  },
  {
    kind: 'session-killed',
    story: 'the agent in it lives',
    start: convergedOn(coding(o1, e1, coder)),
    desired: coding(o1, e1),
    actions: actionsOf('kill-session $3 c1'),
  },
  {
    kind: 'reload-missing',
    story: 'the manager never hears of an enablement',
    start: without(withUnit(base, agentUnit('e1'), { enabled: false }), 'e1'),
    desired: coding(o1, e1),
    actions: actionsOf('enable e1', 'start e1 < enable e1'),
  },
];

describe('a plan that breaks a rule', () => {
  test.each(brokenRows)('$kind: $story', ({ kind, start, desired, actions, handovers = [], options }) => {
    const kinds = judge(start, { actions, handovers }, desired, options).violations.map((violation) => violation.kind);
    expect(kinds).toContain(kind);
  });

  test('each objection is raised by some row', () => {
    const raised = new Set<string>(brokenRows.map(({ kind }) => kind));
    // Plans cannot be carried out of order, only runs can: see below.
    raised.add('out-of-order');
    expect([...raised].sort()).toEqual(Object.keys(violationTexts).sort());
  });
});

describe('a failed action', () => {
  const desired = coding(o2, e1);
  const plan = { actions: actionsOf(...replacement), handovers: [handover] };

  test('blocks what comes after it, but no reload', () => {
    const { skipped, violations } = judge(base, plan, desired, { fails: ({ id }) => id === 'start o2' });
    expect(skipped).toEqual(['remove agents/o1.env']);
    expect(violations).toEqual([]);
  });

  test.each(['start o2', 'enable o2', 'stop o1', 'disable o1', 'write agents/o2.env'])(
    'leaves the fleet with its old orchestrator when %s fails',
    (broken) => {
      const { end, violations } = judge(base, plan, desired, { fails: ({ id }) => id === broken });
      expect(violations).toEqual([]);
      expect(end.units.get(agentUnit('o1'))).toMatchObject({ enabled: true, live: true, class: 'orchestrator', fleet: 'coding' });
      expect(end.units.get(agentUnit('o2'))?.live ?? false).toBe(false);
    },
  );
});

describe('a run that took place', () => {
  const desired = coding(o2, e1);
  const plan = { actions: actionsOf(...replacement), handovers: [handover] };
  const stepsOf = (...ids: string[]) => ids.map((id) => ({ id, failed: false }));

  test('is judged as it was', () => {
    expect(judgeRun(base, plan, desired, stepsOf(...plan.actions.map(({ id }) => id))).violations).toEqual([]);
  });

  test('must not go on after a failure', () => {
    const steps = [{ id: 'write agents/o2.env', failed: true }, ...stepsOf('disable o1')];
    expect(judgeRun(base, plan, desired, steps).violations).toEqual([
      { kind: 'out-of-order', action: 'disable o1', about: 'disable o1' },
    ]);
  });

  test('must not do what the plan does not say', () => {
    expect(judgeRun(base, plan, desired, stepsOf('stop e1')).violations.map(({ kind }) => kind)).toEqual(['unknown-dependency']);
  });
});
