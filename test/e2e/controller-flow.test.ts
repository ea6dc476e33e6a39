import { describe, expect } from 'vitest';
import type { HistoryEntry } from '../../src/model/controller.ts';
import { type Random, seeded } from '../fakes/random.ts';
import {
  deeds as actionsOf,
  type Controlling,
  controlled,
  expectFleet,
  historyOf,
  installed,
  type PassEntry,
  revisions,
} from './controller.ts';
import { type PrivateHost, type Recorder, unitOf } from './host.ts';
import { type Agents, classes, floor, roster } from './rosters.ts';
import { longStory } from './story.ts';

/** How long commits flow: `MUSTER_E2E_MINUTES=10` for the long run. */
const minutes = Number(process.env.MUSTER_E2E_MINUTES ?? 0.5);
const seed = Number(process.env.MUSTER_E2E_SEED ?? 20261125);
const file = 'rosters/coding.yaml';
const health = { deadline: '4s', stable: '1s' };
const runtimes = { toy: { command: 'sleep', args: ['infinity'] }, broken: { command: 'false' } };

interface Flow {
  readonly host: PrivateHost;
  readonly recorder: Recorder;
  readonly chance: Random;
  controller: Controlling;
  /** What the last commit that has a floor says. */
  agents: Agents;
  commit: string;
  /** Commits that must not come into force, and those that must not stay. */
  readonly denied: string[];
  readonly broken: string[];
  /** Agents that ran at some time. */
  readonly ran: Set<string>;
  kills: number;
  turn: number;
}

type Deed = (flow: Flow) => Promise<void>;

describe('commits flow, and things are killed at random', () => {
  const ways = [
    ['muster run', controlled, []],
    // The configuration is there already when it is installed; a reboot only brings back what was.
    ['muster install, and a reboot now and then', installed, [reboot]],
  ] as const;
  const end = 'at the end the host is as the branch says, the history explains it, and the floor was never broken by us';
  for (const [way, begin, more] of ways)
    longStory(
      `${way}: ${end}`,
      async (host) => {
        const agents: Agents = { ...floor, coder0: 'implementer' };
        const deeds = [...commonDeeds, ...more];
        const run = await begin(host, agents, { config: { health } });
        const chance = seeded(seed);
        const flow: Flow = { ...run, host, chance, agents, denied: [], broken: [], ran: new Set(), kills: 0, turn: 0 };
        const until = performance.now() + minutes * 60_000;
        while (performance.now() < until) {
          flow.turn += 1;
          await (deeds[chance.below(deeds.length)] as Deed)(flow);
        }
        await settle(flow);
        await explained(flow, (await flow.controller.stop()).stderr);
      },
      // What is under way when the time is up is brought to its end, on a machine that may be busy.
      (minutes + 15) * 60_000,
    );
});

const grow: Deed = (flow) => put(flow, { ...flow.agents, [`worker${flow.turn}`]: 'worker' });

const shrink: Deed = async (flow) => {
  const workers = Object.keys(flow.agents).filter((name) => name.startsWith('worker'));
  const leaving = workers[flow.chance.below(Math.max(1, workers.length))];
  await put(flow, Object.fromEntries(Object.entries(flow.agents).filter(([name]) => name !== leaving)));
};

const change: Deed = (flow) => put(flow, { ...flow.agents, coder0: flow.turn % 2 === 0 ? 'implementer' : 'reviewer' });

/** A commit that no rule lets through, and then one that puts it right. */
const wrong: Deed = async (flow) => {
  const { enhancer: _, ...without } = flow.agents;
  const commit = await flow.host.commit({ [file]: roster(without) }, consent);
  await flow.controller.attempted('denied', commit);
  flow.denied.push(commit);
  await revert(flow);
};

/** A commit that every rule lets through, under which the floor does not live. */
const broken: Deed = async (flow) => {
  await settle(flow);
  await proven(flow);
  await flow.recorder.phase('broken', classes(flow.agents), { outage: true });
  const bad = { ...flow.agents, orchestrator: { class: 'orchestrator', runtime: 'broken' } };
  const commit = await flow.host.commit({ [file]: roster(bad, { runtimes }) }, consent);
  await flow.controller.told(
    'that it is undone',
    (status) => status.quarantined?.revision === commit && flow.controller.condition(status, 'FloorHeld') === 'True: Stable',
  );
  flow.broken.push(commit);
  await flow.recorder.phase('returned', classes(flow.agents));
  await revert(flow);
};

const revert: Deed = async (flow) => {
  await flow.host.git('revert', '--no-edit', 'HEAD');
  flow.commit = (await flow.host.git('rev-parse', 'HEAD')).trim();
};

const stopOne: Deed = async ({ host, agents, chance }) => {
  const mortals = Object.keys(agents).filter((name) => !(name in floor));
  const name = mortals[chance.below(mortals.length)] ?? '';
  await host.systemctl(
    ...([['stop'], ['disable'], ['disable', '--now'], ['kill', '-s', 'KILL']][chance.below(4)] as string[]),
    unitOf(name),
  );
};

const endSession: Deed = async ({ host }) => void (await host.tmux('kill-session', '-t', '=coder0'));

const killController: Deed = async (flow) => {
  flow.controller = await flow.controller.crash();
  flow.kills += 1;
};

const killServer: Deed = async (flow) => {
  const { host, recorder, agents } = flow;
  await settle(flow);
  await recorder.phase('server killed', classes(agents), { outage: true });
  const before = (await host.sessions()).map(({ pid }) => pid);
  await host.kill(Number(await host.must(['tmux', '-N', '-L', 'mosaic', 'display-message', '-p', '#{pid}'])));
  await host.waitFor('other sessions', async () => (await host.sessions()).every(({ pid }) => !before.includes(pid)));
  await settle(flow);
  await recorder.phase('server back', classes(agents));
};

const killBus: Deed = async (flow) => {
  await flow.recorder.phase('bus killed', classes(flow.agents), { outage: true });
  await flow.host.crashBus();
  await settle(flow);
  await flow.recorder.phase('bus back', classes(flow.agents));
};

const reboot: Deed = async (flow) => {
  await settle(flow);
  await flow.recorder.phase('reboot', classes(flow.agents), { outage: true });
  await flow.host.reboot();
  await settle(flow);
  await flow.recorder.phase('after the reboot', classes(flow.agents));
};

/** The more often it is here, the more often it is done. */
const commonDeeds: readonly Deed[] = [
  ...[grow, grow, grow, shrink, shrink, change, change, wrong, broken],
  ...[stopOne, stopOne, stopOne, endSession, killController, killController, killServer, killBus],
];

const consent = 'Change the fleet\n\nMuster-Allow-Prune: coding';

async function put(flow: Flow, agents: Agents): Promise<void> {
  await flow.recorder.phase(`turn ${flow.turn}`, classes(agents));
  flow.commit = await flow.host.commit({ [file]: roster(agents) }, consent);
  flow.agents = agents;
}

async function settle({ host, controller, agents, commit, ran }: Flow): Promise<void> {
  await controller.applied(commit);
  await expectFleet(host, agents);
  for (const name of Object.keys(agents)) ran.add(name);
}

const proven = ({ controller, commit }: Flow) => controller.told('that it is good', ({ good }) => good === commit);

async function explained({ host, recorder, commit, denied, broken, ran, kills }: Flow, log: string): Promise<void> {
  const plan = await host.muster(['plan', '--detailed-exitcode']);
  expect(plan.status, `${plan.stdout}${plan.stderr}${log}`).toBe(0);
  const history = await historyOf(host);
  const outcomes = (subject: string) => revisions(history).flatMap((one) => (one.subject === subject ? [one.outcome] : []));
  for (const one of denied) expect(new Set(outcomes(one))).toEqual(new Set(['denied']));
  for (const one of broken) expect(outcomes(one).filter((outcome) => outcome !== 'applied')).toEqual(['admitted', 'quarantined']);
  expect(outcomes(commit)).toContain('applied');
  expect(unexplained(history)).toEqual([]);
  const started = new Set(actionsOf(history).flatMap(({ verb, name }) => (verb === 'start' ? [name] : [])));
  // An entry is written after the deed: one who is killed in between has done what nobody wrote down.
  expect([...ran].filter((name) => !started.has(name)).length, 'agents that nobody started').toBeLessThanOrEqual(kills);
  const { twoAtOnce, gaps, disagreements } = await recorder.verdict();
  const ours = gaps.filter(({ open, outage }) => open || !outage);
  expect({ twoAtOnce, disagreements, ours }).toEqual({ twoAtOnce: [], disagreements: [], ours: [] });
  console.info(`${history.length} entries, ${denied.length} denied, ${broken.length} broken, ${kills} kills`);
}

/** Every action has a reason and a plan, and is of a revision that had been admitted. */
function unexplained(history: readonly HistoryEntry[]): readonly string[] {
  const admitted = new Set<string | null>();
  return history.flatMap((entry) => {
    if (entry.kind === 'revision' && (entry.outcome === 'admitted' || entry.outcome === 'returned')) admitted.add(entry.subject);
    if (entry.kind !== 'pass') return [];
    return entry.actions.flatMap(({ id, reason }) => (isExplained(entry, admitted) && reason !== '' ? [] : [id]));
  });
}

const isExplained = ({ plan, revision, triggers }: PassEntry, admitted: ReadonlySet<string | null>): boolean =>
  plan.startsWith('sha256:') && admitted.has(revision) && triggers.length > 0;
