import { afterEach, describe, expect, test } from 'vitest';
import { Controller, type ControllerDeps } from '../../src/controller/controller.ts';
import type { Connection } from '../../src/controller/station.ts';
import { readShipped } from '../../src/host/shipped.ts';
import type { ControllerStatus, HistoryEntry, Suspension } from '../../src/model/controller.ts';
import { agentUnit } from '../../src/model/names.ts';
import { type FakeHost, fakeHost } from '../fakes/host.ts';
import { Repository } from '../fakes/repository.ts';
import { Store } from '../fakes/store.ts';
import { config, rosterOf } from './stage.ts';

/** A fleet without an enhancer: each start of a controller denies it. */
const denied = { coding: rosterOf({ boss: 'orchestrator' }) };

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** A state directory with all that controllers leave in it, one after another. */
class Disk extends Store {
  status: ControllerStatus | null = null;
  /** What was done, in order: written to the history, saved, told. */
  readonly steps: string[] = [];

  override async append(entry: HistoryEntry): Promise<void> {
    await super.append(entry);
    this.steps.push(`written ${wordOf(entry)}`);
  }

  async newest<Entry extends HistoryEntry>(
    isSuch: (entry: HistoryEntry) => entry is Entry,
    count: number,
  ): Promise<readonly Entry[]> {
    return this.entries.filter(isSuch).slice(-count);
  }
}

const wordOf = (entry: HistoryEntry): string =>
  entry.kind === 'revision' ? entry.outcome : entry.kind === 'controller' ? entry.event : entry.kind;

const connectionTo = ({ readers, writers }: FakeHost): Connection => ({
  readers,
  writers: () => writers,
  watch: async () => ({ closed: new Promise(() => {}), end: () => {} }),
  alive: async () => {},
  close: async () => {},
});

function depsOf(disk: Disk, repository: Repository, host: FakeHost): ControllerDeps {
  return {
    connect: () => connectionTo(host),
    source: repository,
    binding: { repository: '/repository', ref: 'refs/heads/main', rosters: 'rosters' },
    store: disk,
    history: disk,
    suspensions: { suspend: async () => {}, resume: async () => false },
    state: host.readers.state,
    lastStatus: async () => disk.status,
    saveStatus: async (status) => {
      disk.status = structuredClone(status);
      disk.steps.push('saved');
    },
    config,
    facts: host.facts,
    shipped: readShipped(new URL('../..', import.meta.url).pathname),
    connectors: [],
    pid: 42,
    now: () => performance.now(),
    date: () => new Date(),
    random: () => 0.5,
    pace: { concurrency: 8, probationMs: 1, patienceMs: 1 },
    tickMs: 60_000,
    coalesceMs: 0,
    onEntry: () => {},
    tell: (entry) => void disk.steps.push(`told ${wordOf(entry)}`),
    onTarget: () => {},
    onPass: () => {},
    onObstacle: () => {},
    onAlive: () => {},
    report: () => Promise.reject(new Error('nobody asks')),
  };
}

const newHost = (): FakeHost => fakeHost({ seed: 1, now: () => new Date() });

/** Runs one until its first pass is over, and told. */
async function begin(disk: Disk, repository: Repository, more: Partial<ControllerDeps> = {}): Promise<Controller> {
  const stop = new AbortController();
  const controller = new Controller({ ...depsOf(disk, repository, newHost()), ...more });
  const running = controller.run(stop.signal);
  ends.push(async () => {
    stop.abort();
    await running;
  });
  await expect.poll(() => disk.steps.some((step) => step.startsWith('told'))).toBe(true);
  await expect.poll(() => controller.status().passes).toBeGreaterThan(0);
  return controller;
}

describe('an outcome', () => {
  test('is in the history, and the status is saved, before anybody is told of it', async () => {
    const [disk, repository] = [new Disk(), new Repository()];
    repository.commit(denied);
    await begin(disk, repository);
    const order = disk.steps.filter((step) => step === 'saved' || step.endsWith('denied'));
    expect(order.slice(0, 3)).toEqual(['written denied', 'saved', 'told denied']);
    expect(disk.status?.attempted).toMatchObject({ outcome: 'denied' });
  });

  test('is told once, although whoever is told of it kills the controller every time', async () => {
    const [disk, repository] = [new Disk(), new Repository()];
    repository.commit(denied);
    for (let starts = 0; starts < 4; starts += 1) {
      await begin(disk, repository);
      await ends.pop()?.();
    }
    expect(disk.steps.filter((step) => step === 'told denied')).toHaveLength(1);
    expect(disk.entries.filter(({ kind }) => kind === 'revision')).toHaveLength(1);
    expect(disk.status?.attempted).toMatchObject({ outcome: 'denied' });
  });
});

test('that the host is as a revision says is told by the next run where the one before came to its end first, and once', async () => {
  const [disk, repository, host] = [new Disk(), new Repository(), newHost()];
  repository.commit({ coding: rosterOf({ boss: 'orchestrator', muse: 'enhancer' }) });
  const deps = { connect: () => connectionTo(host), state: host.readers.state };
  const applied = () => disk.entries.filter((entry) => wordOf(entry) === 'applied');
  await begin(disk, repository, deps);
  await expect.poll(applied).toHaveLength(1);
  await ends.pop()?.();
  // What has been reached is on record all the same.
  disk.entries.splice(
    disk.entries.findIndex((entry) => wordOf(entry) === 'applied'),
    1,
  );
  for (let starts = 0; starts < 2; starts += 1) {
    await begin(disk, repository, deps);
    await expect.poll(applied).toHaveLength(1);
    await ends.pop()?.();
  }
  expect(applied()).toHaveLength(1);
});

describe('the run before', () => {
  const events = ({ entries }: Disk): string[] =>
    entries.flatMap((entry) => (entry.kind === 'controller' ? [`${entry.event} ${entry.message}`] : []));

  test('that was cut short is noticed at the next start, once', async () => {
    const [disk, repository] = [new Disk(), new Repository()];
    repository.commit(denied);
    await begin(disk, repository);
    await ends.pop()?.();
    // What a killed one never wrote.
    const stopped = disk.entries.pop();
    expect(stopped && wordOf(stopped)).toBe('stopped');
    await begin(disk, repository);
    await ends.pop()?.();
    await begin(disk, repository);
    expect(events(disk).map((event) => event.split(' ')[0])).toEqual(['started', 'failed', 'started', 'stopped', 'started']);
    const began = disk.entries.find(({ kind }) => kind === 'controller')?.at;
    expect(events(disk)[1]).toMatch(`failed the run that began at ${began} was cut short: killed, or the machine went down`);
    expect(events(disk)[1]).toContain('its last pass was at ');
  });

  test('that was cut short is told once, also where the one that told it never came to begin', async () => {
    const [disk, repository] = [new Disk(), new Repository()];
    repository.commit(denied);
    await begin(disk, repository);
    await ends.pop()?.();
    disk.entries.pop();
    await begin(disk, repository);
    await ends.pop()?.();
    // Killed between the two lines.
    while (events(disk).at(-1)?.startsWith('failed') !== true) disk.entries.pop();
    await begin(disk, repository);
    expect(events(disk).map((event) => event.split(' ')[0])).toEqual(['started', 'failed', 'started']);
  });

  test('is not missed where there was none', async () => {
    const [disk, repository] = [new Disk(), new Repository()];
    repository.commit(denied);
    await begin(disk, repository);
    expect(events(disk)).toEqual(['started following refs/heads/main']);
  });
});

test('the watchdog is fed while a pass goes on, by each of its steps that has ended', async () => {
  let clock = 0;
  const fed: number[] = [];
  /** Each call to git takes as long as one may. */
  class Slow extends Repository {
    override async tip() {
      clock += 30_000;
      return super.tip();
    }
    override async kept() {
      clock += 30_000;
      return null;
    }
    override async read(key: string) {
      clock += 30_000;
      return super.read(key);
    }
  }
  const repository = new Slow();
  repository.commit(denied);
  const told = { now: () => clock, tickMs: 30_000, onAlive: () => void fed.push(clock) };
  await begin(new Disk(), repository, told);
  expect(fed.slice(0, 5)).toEqual([30_000, 60_000, 90_000, 120_000]);
});

test('the watchdog is fed while systemd says that a job goes on, and no pass comes a step further', async () => {
  let clock = 0;
  const fed: number[] = [];
  const host = newHost();
  let tell = (): void => {};
  const connect = (onQueued: () => void): Connection => {
    tell = onQueued;
    return connectionTo(host);
  };
  const repository = new Repository();
  repository.commit(denied);
  await begin(new Disk(), repository, { connect, now: () => clock, tickMs: 30_000, onAlive: () => void fed.push(clock) });
  fed.length = 0;
  for (clock = 100_000; clock <= 130_000; clock += 5000) tell();
  expect(fed).toEqual([100_000, 115_000, 130_000]);
});

describe('a suspension', () => {
  const asked = { reason: null, until: null, by: 'jason' } as const;

  async function running() {
    const [disk, repository, host] = [new Disk(), new Repository(), newHost()];
    repository.commit({
      coding: rosterOf({ boss: 'orchestrator', muse: 'enhancer', coder0: 'implementer', coder1: 'implementer' }),
    });
    const kept: string[] = [];
    const suspensions = {
      suspend: async ({ kind, name }: Suspension) => void kept.push(`${kind} ${name}`),
      resume: async (kind: string, name: string) => kept.includes(`${kind} ${name}`),
    };
    const stop = new AbortController();
    const controller = new Controller({ ...depsOf(disk, repository, host), suspensions });
    const ended = controller.run(stop.signal);
    ends.push(async () => {
      stop.abort();
      await ended;
    });
    await expect.poll(() => controller.status().applied).not.toBeNull();
    return { controller, kept, disk, host };
  }

  test('of an agent or fleet that is there is kept, and told', async () => {
    const { controller, kept, disk } = await running();
    await controller.suspend({ kind: 'agent', name: 'coder0', ...asked });
    await controller.suspend({ kind: 'fleet', name: 'coding', ...asked });
    expect(kept).toEqual(['agent coder0', 'fleet coding']);
    expect(disk.entries.filter(({ kind }) => kind === 'suspended')).toHaveLength(2);
  });

  test('that ends is a new beginning for what was given up', async () => {
    const { controller, host } = await running();
    const { machine } = host;
    const unit = agentUnit('coder0');
    machine.breaking.add(unit);
    machine.stop(unit);
    controller.wakes.add('unit');
    await expect.poll(() => controller.status().back_offs).toMatchObject([{ resource: unit }]);
    await controller.suspend({ kind: 'agent', name: 'coder0', ...asked });
    machine.breaking.clear();
    await controller.resume('agent', 'coder0', 'jason');
    expect(machine.runs.get(unit)?.active).toBe('active');
  });

  test.each([
    ['agent', 'codre0', 'no agent here is named codre0: did you mean coder0?'],
    ['agent', 'coding', 'no agent here is named coding: there are boss, coder0, coder1, muse'],
    ['fleet', 'codin', 'no fleet here is named codin: did you mean coding?'],
    ['fleet', 'coder0', 'no fleet here is named coder0: there are coding'],
  ] as const)('of %s %s is refused, and nothing is kept', async (kind, name, why) => {
    const { controller, kept, disk } = await running();
    await expect(controller.suspend({ kind, name, ...asked })).rejects.toMatchObject({ kind: 'refused', message: why });
    expect(kept).toEqual([]);
    expect(disk.entries.filter((entry) => entry.kind === 'suspended')).toEqual([]);
  });
});

describe('what a remote has is fetched', () => {
  /** Who has the lock whenever it is fetched. */
  class Remote extends Repository {
    readonly holders: (string | null)[] = [];
    readonly #host: FakeHost;
    constructor(host: FakeHost) {
      super();
      this.#host = host;
    }
    override async fetch(): Promise<void> {
      this.holders.push(this.#host.lockedBy);
    }
  }

  test('under the lock, before the first look', async () => {
    const host = newHost();
    const remote = new Remote(host);
    remote.commit(denied);
    await begin(new Disk(), remote, { connect: () => connectionTo(host) });
    expect(remote.holders).toEqual(['this process (muster run)']);
  });

  test('and when it is asked to look', async () => {
    const host = newHost();
    const remote = new Remote(host);
    remote.commit(denied);
    const controller = await begin(new Disk(), remote, { connect: () => connectionTo(host) });
    await controller.reconcile();
    expect(remote.holders).toEqual(Array.from({ length: 2 }, () => 'this process (muster run)'));
  });

  test('and where it cannot be, that is told until it can', async () => {
    const [host, repository] = [newHost(), new Repository()];
    repository.commit(denied);
    let why: string | null = 'it is away';
    const source = Object.assign(repository, { unfetched: () => why });
    const controller = await begin(new Disk(), source, { connect: () => connectionTo(host) });
    expect(controller.status()).toMatchObject({ unfetched: 'it is away' });
    why = null;
    expect(controller.status()).not.toHaveProperty('unfetched');
  });

  test('not at all while somebody else has the lock', async () => {
    const host = newHost();
    const remote = new Remote(host);
    host.lockedBy = 'process 7 (muster apply)';
    let clock = 0;
    const now = (): number => {
      clock += 20_000;
      return clock;
    };
    const controller = new Controller({ ...depsOf(new Disk(), remote, host), now });
    expect(await controller.run(new AbortController().signal)).toEqual({ heldBy: 'process 7 (muster apply)' });
    expect([remote.holders, controller.isWriter]).toEqual([[], false]);
  });
});
