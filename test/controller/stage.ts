import { type Feedback, feedback } from '../../src/controller/feedback.ts';
import { lastOutcomes } from '../../src/controller/last-run.ts';
import { freshMemory, type Memory } from '../../src/controller/memory.ts';
import { type Passed, pass } from '../../src/controller/pass.ts';
import { Recorder } from '../../src/controller/recorder.ts';
import type { StatusOfPass, World } from '../../src/controller/world.ts';
import { readShipped } from '../../src/host/shipped.ts';
import type { ControllerConfig, HistoryEntry, Suspension } from '../../src/model/controller.ts';
import { agentUnit, fleetToldBy } from '../../src/model/names.ts';
import { small, type Team } from '../apply/scenes.ts';
import { Clock } from '../fakes/clock.ts';
import { type FakeHost, fakeHost, type Source } from '../fakes/host.ts';
import { seeded } from '../fakes/random.ts';
import { type CommitOptions, Repository, type Rosters } from '../fakes/repository.ts';
import { Store } from '../fakes/store.ts';

export const config: ControllerConfig = {
  repository: null,
  remote: null,
  ref: null,
  rosters: 'rosters',
  worktree: false,
  fastForwardOnly: true,
  signatures: null,
  health: { deadlineMs: 120_000, stableMs: 10_000 },
  resyncMs: 300_000,
  metrics: null,
  notes: false,
  hook: null,
};

const binding = { repository: '/repository', ref: 'refs/heads/main', rosters: 'rosters' };

export const signatures = { format: 'ssh', allowedSigners: '/etc/allowed' } as const;

const shipped = readShipped(new URL('../..', import.meta.url).pathname);

/** A roster of these agents, by name: class, and what else is written of it. */
export function rosterOf(team: Team, head = ''): string {
  const agents = Object.entries(team).map(([name, written]) => `  - { name: ${name}, class: ${written} }\n`);
  return `version: 1\ndefaults: { runtime: stub }\n${head}\nagents:${agents.length === 0 ? ' []' : `\n${agents.join('')}`}\n`;
}

export interface StageOptions {
  readonly seed?: number;
  readonly config?: Partial<ControllerConfig>;
}

/** So many passes in a row without a rest are no healing any more. */
const busyAfter = 40;

/** A controller on a host in memory, with a repository, a disk and a clock that do as they are told. */
export class Stage {
  readonly clock = new Clock();
  readonly host: FakeHost;
  readonly repository = new Repository();
  readonly store = new Store();
  /** What each controller told, in order, whether it was written down or not. */
  readonly told: HistoryEntry[] = [];
  /** Passes that rejected. */
  readonly errors: unknown[] = [];
  /** Signals of systemd and tmux get lost. */
  deaf = false;
  passes = 0;
  status: StatusOfPass | null = null;
  memory: Memory = freshMemory(null);
  nextAt = 0;
  config: ControllerConfig;
  /** How the hook fares that is told of outcomes. */
  hook: 'is quick' | 'fails' | 'is slow' | 'hangs' = 'is quick';
  /** What this controller has told the hook, and those before it have not. */
  hooked: string[] = [];
  /** The connection is lost, and the writer lock with it: nobody looks until there is another. */
  isDetached = false;
  #asked = false;
  #recorder: Recorder;
  #feedback: Feedback;
  #world: World;

  constructor({ seed = 1, config: more = {} }: StageOptions = {}) {
    this.config = { ...config, ...more };
    this.host = fakeHost({ seed, now: this.clock.date });
    this.clock.beat = {
      everyMs: 200,
      isDue: () => this.host.machine.isRestless(),
      run: () => {
        this.host.machine.settle();
        if (!this.deaf) this.nextAt = Math.min(this.nextAt, this.clock.now());
      },
    };
    this.repository.isWorktree = this.config.worktree;
    this.#recorder = this.#newRecorder();
    this.#feedback = this.#newFeedback();
    this.#world = this.#newWorld(seed);
  }

  readonly hidden = new Set<Source>();

  hide(source: Source, why: string): void {
    this.hidden.add(source);
    this.host.hide(source, why);
  }

  showAll(): void {
    for (const source of this.hidden) this.host.hide(source, null);
    this.hidden.clear();
  }

  get machine() {
    return this.host.machine;
  }

  /** Fleets by name. */
  commit(fleets: Readonly<Record<string, Team>>, options: CommitOptions & { readonly head?: string } = {}): string {
    const texts: Rosters = Object.fromEntries(Object.entries(fleets).map(([name, team]) => [name, rosterOf(team, options.head)]));
    return this.repository.commit(texts, options);
  }

  /** Called around each pass; `null`: it rejected. */
  onPass: { begin(): void; end(passed: Passed | null): void } | null = null;

  async pass(trigger = 'resync'): Promise<Passed | null> {
    this.onPass?.begin();
    const passed = await this.#pass(trigger);
    this.onPass?.end(passed);
    return passed;
  }

  async #pass(trigger: string): Promise<Passed | null> {
    this.passes += 1;
    if (this.#asked) this.ask();
    this.#asked = false;
    try {
      const passed = await this.clock.finish(pass(this.memory, [trigger], this.#world));
      this.memory = passed.memory;
      this.nextAt = this.#asked ? this.clock.now() : passed.nextAt;
      for (const entry of this.#recorder.takeUntold()) this.#feedback.tell(entry);
      return passed;
    } catch (error) {
      this.errors.push(error);
      this.nextAt = this.clock.now() + 500;
      return null;
    }
  }

  /** Looks now, and goes on until nothing is to be done just now. */
  async look(trigger = 'unit'): Promise<void> {
    await this.pass(trigger);
    for (let passes = 1; this.nextAt <= this.clock.now(); passes += 1) {
      if (passes > busyAfter) throw new Error(`it never rests: ${this.status?.left.join(', ')}`);
      await this.pass(trigger);
    }
  }

  /** Time passes; the controller looks whenever it wants to, and whenever systemd does something by itself. */
  async wait(ms: number): Promise<void> {
    const until = this.clock.now() + ms;
    while (this.clock.now() < until) {
      if (this.nextAt <= this.clock.now()) await this.look('retry');
      else this.clock.step(Math.min(until, this.nextAt));
    }
  }

  /** The process dies and is started again: only what is on the disk remains. */
  async restart(): Promise<void> {
    const record = await this.store.load().catch(() => null);
    this.memory = freshMemory(record);
    this.hooked = [];
    this.#asked = false;
    this.#recorder = this.#newRecorder();
    this.#feedback = this.#newFeedback();
    this.attach();
  }

  /** Another connection to the host, and the writer lock with it. */
  attach(): void {
    this.host.regainLock();
    this.isDetached = false;
    this.nextAt = this.clock.now();
    this.#world = this.#newWorld(this.passes);
  }

  detach(): void {
    this.isDetached = true;
    this.nextAt = Number.POSITIVE_INFINITY;
  }

  /** An operator asks for something at any time, also in the middle of a pass; the next pass obeys. */
  request({
    kind,
    name,
    until,
  }: Pick<Suspension, 'kind' | 'name' | 'until'> | { kind: 'reconcile'; name?: never; until?: never }): void {
    if (kind === 'reconcile') this.#asked = true;
    else {
      const at = this.clock.date().toISOString();
      this.machine.suspensions.set(`${kind} ${name}`, { kind, name, reason: null, since: at, until, by: 'jo' });
      const told = { kind: 'suspended' as const, target: `${kind} ${name}`, by: 'jo', message: '' };
      void this.#recorder.append({ format_version: '1.0', at, revision: this.memory.record.admitted, ...told });
    }
    if (!this.isDetached) this.nextAt = this.clock.now();
  }

  /** The operator asks for a look that forgets what has failed. */
  ask(): void {
    const anewSince = this.clock.date().getTime();
    this.memory = { ...this.memory, ledger: new Map(), repeats: new Map(), attempt: null, anewSince };
    this.nextAt = this.clock.now();
  }

  /** Agents that live, by both witnesses. */
  living(): string[] {
    const { sessions, runs } = this.machine;
    const alive = [...sessions.values()].filter(({ agent, incarnation }) => isRun(runs.get(agentUnit(agent)), incarnation));
    return alive.map(({ agent }) => agent).sort();
  }

  /**
   * What was done since the last time this was asked, one text for each call to a writer; but for what agents are told of their fleet,
   * which goes along with every change of it.
   */
  deeds(): string[] {
    const { journal } = this.host;
    const news = journal.slice(this.#seen).filter(({ deed, target }) => deed !== 'record' && fleetToldBy(target) === null);
    this.#seen = journal.length;
    return news.map(({ deed, target }) => `${deed} ${target.replace(/^mosaic-agent@|\.service$/g, '')}`.trim());
  }

  #seen = 0;

  condition(type: string, fleet = 'coding'): string {
    const found = this.status?.fleets.find(({ name }) => name === fleet)?.conditions.find((one) => one.type === type);
    return `${found?.status} ${found?.reason}`;
  }

  /** The fates of revisions, in order. */
  verdicts(): string[] {
    return this.store.entries.flatMap((entry) => (entry.kind === 'revision' ? [entry.outcome] : []));
  }

  #newRecorder(): Recorder {
    const recorder = new Recorder(this.store, (entry) => this.told.push(entry));
    recorder.continueAfter(lastOutcomes(this.store.entries.filter((entry) => entry.kind === 'revision')));
    return recorder;
  }

  #newFeedback(): Feedback {
    const hooked = this.hooked;
    const hook = async (facts: Readonly<Record<string, string>>): Promise<void> => {
      hooked.push(`${facts.MUSTER_OUTCOME} ${facts.MUSTER_REVISION}`);
      const ms = { 'is quick': 0, fails: 0, 'is slow': 20_000, hangs: 30_000 }[this.hook];
      if (ms > 0) await new Promise<void>((resolve) => setTimeout(resolve, ms));
      if (this.hook === 'fails' || this.hook === 'hangs') throw new Error('the hook failed');
    };
    return feedback({ note: null, hook }, binding, this.host.facts.host, () => {});
  }

  #newWorld(seed: number): World {
    const random = seeded(seed);
    const { host, clock, repository } = this;
    return {
      source: repository,
      binding,
      readers: host.readers,
      writers: host.writers,
      recorder: this.#recorder,
      config: this.config,
      facts: host.facts,
      shipped,
      connectors: [],
      now: clock.now,
      date: clock.date,
      random: () => random.below(1_000_000) / 1_000_000,
      signal: host.writers.lock.lost,
      pace: { concurrency: 32, probationMs: 3000, patienceMs: 2000 },
      onTarget: () => {},
      onStatus: (status) => {
        this.status = status;
      },
    };
  }
}

const isRun = (run: { readonly active: string; readonly invocation: string } | undefined, incarnation: string): boolean =>
  run?.active === 'active' && run.invocation === incarnation;

/** A controller whose fleet has lived for a while under a revision that is good. */
export async function settled(team: Team = small, options: StageOptions = {}): Promise<Stage> {
  const stage = new Stage(options);
  stage.commit({ coding: team });
  await stage.look('start');
  await stage.wait(30_000);
  stage.deeds();
  return stage;
}
