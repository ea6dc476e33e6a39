import { join } from 'node:path';
import { expect } from 'vitest';
import type { ControllerRecord } from '../../src/model/controller.ts';
import { Controller, expectFleet, historyOf, revisions, stateDir } from './controller.ts';
import { type PrivateHost, packageRoot, type Recorder, type Spawned } from './host.ts';
import { type Agents, classes, roster } from './rosters.ts';

/** A host on which one controller after another follows the branch, and is killed. */
export interface Killing {
  readonly host: PrivateHost;
  readonly recorder: Recorder;
  controller: Controller;
  /** Commits that the host was once like. */
  readonly reached: string[];
  kills: number;
  /** Brings a commit to where the controller looks. */
  readonly publish: () => Promise<unknown>;
}

const consent = 'Change the fleet\n\nMuster-Allow-Prune: coding';

export async function begin(host: PrivateHost, agents: Agents, publish: Killing['publish'] = async () => {}): Promise<Killing> {
  // Many changes in a minute are what these stories are about; what systemd does about too many starts is another one.
  await host.writeFiles({ '.config/systemd/user/mosaic-agent@.service.d/often.conf': '[Unit]\nStartLimitIntervalSec=0\n' });
  const commit = await host.commit({ 'rosters/coding.yaml': roster(agents) });
  await publish();
  const recorder = await host.record('first', classes(agents));
  const run = { host, recorder, controller: new Controller(host), reached: [], kills: 0, publish };
  await converged(run, commit, agents);
  return run;
}

export async function change({ host, recorder, publish }: Killing, agents: Agents): Promise<string> {
  await recorder.phase(Object.keys(agents).join(' '), classes(agents));
  const commit = await host.commit({ 'rosters/coding.yaml': roster(agents) }, consent);
  await publish();
  return commit;
}

/** At that many milliseconds from now; the next one takes its place at once. */
export async function killed(run: Killing, milliseconds = 0): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  await run.controller.kill();
  await replaced(run);
}

async function replaced(run: Killing): Promise<void> {
  await run.controller.done;
  run.kills += 1;
  run.controller = new Controller(run.host);
}

export interface Boundaries {
  /** 1: at each of them. */
  readonly every: number;
  /** Posts that may be vacant until the next one looks. */
  readonly vacant: readonly string[];
}

/** Change after change, struck at a later boundary each time, until one comes to its end before. */
export async function atBoundaries(
  host: PrivateHost,
  fleet: (turn: number) => Agents,
  { every, vacant }: Boundaries,
): Promise<void> {
  const run = await begin(host, fleet(0));
  const striker = await Striker.start(host);
  for (let turn = 1, isOver = false; !isOver; turn++) {
    const agents = fleet(turn);
    const { controller } = run;
    await striker.arm(controller, 1 + (turn - 1) * every);
    const commit = await change(run, agents);
    await Promise.race([controller.done, controller.applied(commit).catch(() => 'it was struck')]);
    isOver = !(await striker.disarm());
    if (!isOver) await replaced(run);
    await converged(run, commit, agents);
  }
  await judged(run, vacant);
}

export async function converged(run: Killing, commit: string, agents: Agents): Promise<void> {
  await run.controller.applied(commit);
  await expectFleet(run.host, agents);
  run.reached.push(commit);
}

/** Desired equals observed; nobody was there twice; only posts in `open` were ever vacant; whatever was written can be read. */
export async function judged(run: Killing, open: readonly string[] = []): Promise<void> {
  const { host, controller, recorder, reached } = run;
  const last = await controller.stop();
  const plan = await host.muster(['plan', '--detailed-exitcode']);
  expect(plan.status, `${plan.stdout}${plan.stderr}${last.stderr}`).toBe(0);
  const history = await historyOf(host);
  const admitted = new Set(revisions(history).flatMap(({ outcome, subject }) => (outcome === 'admitted' ? [subject] : [])));
  expect(
    reached.filter((commit) => !admitted.has(commit)),
    'revisions that the history does not know',
  ).toEqual([]);
  const failures = history.flatMap((entry) => (entry.kind === 'controller' && entry.event === 'failed' ? [entry.message] : []));
  const cutShort = failures.filter((message) => message.includes(' was cut short: '));
  expect(failures, 'nothing that it remembers was ever lost').toEqual(cutShort);
  // One that is struck before it has written that it began has no run to speak of.
  const started = history.filter((entry) => entry.kind === 'controller' && entry.event === 'started').length;
  expect(cutShort, 'each end that was none is told').toHaveLength(started - 1);
  const record = JSON.parse((await host.readFile(`${await stateDir(host)}/controller.json`)) ?? '') as ControllerRecord;
  expect(record).toMatchObject({ admitted: reached.at(-1), quarantined: null });
  const { twoAtOnce, gaps, disagreements } = await recorder.verdict();
  const vacant = gaps.filter((gap) => gap.open || !open.includes(gap.class));
  expect({ twoAtOnce, disagreements, vacant }).toEqual({ twoAtOnce: [], disagreements: [], vacant: [] });
  console.info(`${run.kills} kills`);
}

/** The other end of `inside/striker.mjs`. */
class Striker {
  readonly #process: Spawned;
  #count = 0;

  private constructor(process: Spawned) {
    this.#process = process;
  }

  static async start(host: PrivateHost): Promise<Striker> {
    const units = `${host.home}/.config/systemd/user`;
    const directories = [units, `${units}/default.target.wants`, `${host.home}/.config/mosaic/fleet/agents`];
    const state = `${host.home}/${await stateDir(host)}`;
    const refs = `${host.home}/fleet/.git/refs/muster/h-${host.user}`;
    const argv = [process.execPath, join(packageRoot, 'test/e2e/inside/striker.mjs'), ...directories, state, refs];
    const striker = host.spawn(argv, { stdin: null, timeout: 3_600_000 });
    await striker.saw('"ready":true');
    return new Striker(striker);
  }

  /** At the n-th boundary from now on; each count may be asked for once. */
  async arm(controller: Controller, count: number): Promise<void> {
    this.#count = count;
    this.#process.write(`${await controller.pid} ${count}\n`);
    await this.#process.saw(`"armed":${count}}`);
  }

  /** Whether it has struck. */
  async disarm(): Promise<boolean> {
    this.#process.write(`0 ${-this.#count}\n`);
    await this.#process.saw(`"armed":${-this.#count}}`);
    return this.#process.said.stdout.includes(`"struck":${this.#count},`);
  }
}
