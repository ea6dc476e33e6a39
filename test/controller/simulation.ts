import { agentUnit, environmentFile } from '../../src/model/names.ts';
import { planChanges } from '../../src/plan/changes.ts';
import { lookAt } from '../apply/scenes.ts';
import { turn } from '../fakes/clock.ts';
import { type Random, seeded } from '../fakes/random.ts';
import type { Rosters } from '../fakes/repository.ts';
import { agents, anyRosters, type Mischief, mendGit, mishaps, pushes, troubles } from './mischief.ts';
import { Stage } from './stage.ts';
import { Witness } from './witness.ts';

class Death extends Error {}

/** More than this is no healing any more, whatever befalls a fleet. */
const deedsPerMinute = 300;

/** One story, drawn from a seed: what the world does to a controller, what it does about it, and how it ends. Throws with the whole story. */
export async function simulate(seed: number, steps: number): Promise<void> {
  const story = new Story(seed);
  try {
    await story.begin();
    for (let step = 0; step < steps; step += 1) await story.step();
    await story.finish();
  } catch (error) {
    const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
    throw new Error(`seed ${seed}:\n${story.trace.join('\n')}\n${why}`);
  }
}

class Story {
  readonly trace: string[] = [];
  readonly #random: Random;
  readonly #stage: Stage;
  readonly #witness: Witness;
  readonly #past: Rosters[] = [];
  #dead = false;
  #deedTimes: number[] = [];
  #seen = 0;
  #toldBefore = 0;

  constructor(seed: number) {
    this.#random = seeded(seed);
    const [fastForwardOnly, worktree] = [this.#random.below(4) > 0, this.#random.below(6) === 0];
    this.#stage = new Stage({ seed, config: { fastForwardOnly, worktree } });
    this.#witness = new Witness(this.#stage);
    const { clock } = this.#stage;
    const { beat } = clock;
    clock.beat = beat && {
      ...beat,
      run: () => {
        beat.run();
        this.#witness.refresh();
      },
    };
    const { host, store, repository } = this.#stage;
    host.onWrite = ({ deed, target }) => {
      this.#called();
      this.#witness.begins(deed, target);
    };
    store.onWrite = () => this.#called();
    repository.onKeep = () => this.#called();
    this.#stage.onPass = { begin: () => this.#witness.begin(), end: (passed) => this.#passEnded(passed) };
  }

  async begin(): Promise<void> {
    this.#befall('a commit', pushes);
    await this.#look('start');
    await this.#wait(30_000);
  }

  async step(): Promise<void> {
    const draw = this.#random.below(100);
    if (draw < 22) this.#befall(any(this.#random, pushes), pushes);
    else if (draw < 62) this.#befall(any(this.#random, mishaps), mishaps);
    else if (draw < 84) this.#befall(any(this.#random, troubles), troubles);
    else if (draw < 89) this.#dieAfter(this.#random.below(12));
    else if (draw < 91) this.#loseLockAfter(this.#random.below(12));
    else if (draw < 93) this.#askAfter(this.#random.below(12));
    else if (draw < 96) await this.#restart('the controller is restarted');
    else {
      this.#stage.machine.reboot();
      this.#witness.foreign.clear();
      await this.#restart('reboot');
    }
    this.#witness.refresh();
    // Wakes come, come twice, or get lost.
    for (let wakes = this.#random.below(4); wakes > 0; wakes -= 2) await this.#look('wake');
    await this.#wait([0, 50, 1000, 15_000, 130_000, 700_000][this.#random.below(6)] ?? 0);
  }

  async finish(): Promise<void> {
    const { machine, host, store, repository } = this.#stage;
    this.#countdowns = [];
    await this.#reviveIfDead();
    mendGit(this.#stage);
    this.#stage.hook = 'is slow';
    this.#stage.showAll();
    store.isFull = false;
    host.delay = null;
    host.heal();
    for (const set of [machine.masked, machine.crashing, machine.breaking, machine.suspensions]) set.clear();
    this.trace.push('all troubles end');
    // Files that are denied, and were edited while the controller was away, leave nothing that could be in force.
    if (this.#random.below(2) === 0 || repository.isWorktree) {
      this.#past.push(anyRosters(this.#random, false));
      const parent = this.#stage.memory.record.admitted ?? this.#stage.repository.refs.get('admitted') ?? null;
      const commit = repository.commit(this.#past.at(-1) ?? {}, { parent, trailers: ['coding', 'docs'] });
      const tip = await repository.tip();
      const key = tip.readable ? tip.key : commit;
      this.trace.push(`a last commit ${key.slice(0, 8)}`);
      await this.#look('revision');
      await this.#wait(1_500_000);
      const { admitted, good } = store.record ?? {};
      if (admitted !== key || good !== key)
        throw new Error(`${key} should be in force, it is ${admitted}, good ${good}: ${JSON.stringify(this.#stage.status)}`);
    } else {
      // Whoever ended with status 78 is not tried again before somebody asks for it.
      this.#stage.ask();
      await this.#wait(1_500_000);
    }
    await this.#expectPeace();
  }

  async #expectPeace(): Promise<void> {
    const { memory, host, store, told, status } = this.#stage;
    const { inForce } = memory;
    if (inForce === null) throw new Error('nothing is in force');
    if (inForce.key !== store.record?.admitted) throw new Error('what is in force is not what is on record');
    const { files } = inForce.desired;
    const dying = new Set(
      [...inForce.desired.agents.keys()].filter((name) =>
        /HINT="(fails|exits)/.test(files.get(environmentFile(name))?.text ?? ''),
      ),
    );
    const seen = await this.#stage.clock.finish(lookAt(host, inForce.desired));
    const changes = planChanges(inForce.desired, seen, { adopt: false, rosterless: inForce.rosterless });
    // Who cannot live may be the heir of somebody else's post, and is tried now and then.
    const isHopeless = [...dying].some((name) => inForce.desired.agents.get(name)?.class !== 'implementer');
    const left = changes.actions.filter(({ name }) => !isHopeless && !dying.has(name ?? ''));
    if (left.length > 0) throw new Error(`left: ${left.map(({ id }) => id).join(', ')}`);
    const wanted = inForce.rosterless
      ? []
      : [...inForce.desired.agents.values()].filter(({ running, lifecycle }) => running && lifecycle === 'core');
    const living = this.#stage.living();
    const down = wanted.filter(({ name }) => !living.includes(name) && !dying.has(name)).map(({ name }) => name);
    if (down.length > 0) throw new Error(`down: ${down.join(', ')}; ${JSON.stringify(status?.back_offs)}`);
    const strangers = isHopeless ? [] : living.filter((name) => inForce.desired.agents.get(name)?.running !== true);
    if (strangers.length > 0 && !inForce.rosterless) throw new Error(`not rostered, yet living: ${strangers.join(', ')}`);
    const before = host.journal.length;
    await this.#wait(3_600_000);
    const outcomes = told
      .slice(this.#toldBefore)
      .flatMap((entry) => (entry.kind === 'revision' ? [`${entry.outcome} ${entry.subject}`] : []));
    if (outcomes.join('\n') !== this.#stage.hooked.join('\n'))
      throw new Error(`the hook was told: ${this.#stage.hooked.join(', ')}; it should be ${outcomes.join(', ')}`);
    if (isHopeless) return;
    const again = host.journal.slice(before).filter(({ target }) => ![...dying].some((name) => agentUnit(name) === target));
    if (again.length > 0) throw new Error(`done again: ${again.map(({ deed, target }) => `${deed} ${target}`).join(', ')}`);
    const lines = told.slice(this.#toldBefore).map((entry) => JSON.stringify(entry));
    const written = store.entries.slice(-lines.length).map((entry) => JSON.stringify(entry));
    if (lines.length > 0 && lines.join('\n') !== written.join('\n'))
      throw new Error('the history does not tell all, or not in order');
  }

  #befall(name: string, of: Readonly<Record<string, Mischief>>): void {
    const told = of[name]?.({ stage: this.#stage, witness: this.#witness, random: this.#random, past: this.#past });
    this.trace.push(`${this.#at()} ${name} ${told ?? ''}`);
  }

  /** What happens at a call to a writer, a store or a ref, so many calls from now. */
  #countdowns: { left: number; readonly run: () => void }[] = [];

  #called(): void {
    for (const countdown of this.#countdowns) countdown.left -= 1;
    const due = this.#countdowns.filter(({ left }) => left < 0);
    this.#countdowns = this.#countdowns.filter(({ left }) => left >= 0);
    for (const { run } of due) run();
    if (this.#dead) throw new Death('the process is gone');
  }

  #after(calls: number, what: string, run: () => void): void {
    this.#countdowns.push({ left: calls, run });
    this.trace.push(`${this.#at()} ${what} after ${calls} calls`);
  }

  #dieAfter(calls: number): void {
    this.#after(calls, 'the controller dies', () => {
      this.#dead = true;
    });
  }

  #loseLockAfter(calls: number): void {
    this.#after(calls, 'the writer lock is lost', () => {
      this.#stage.host.loseLock();
      this.#lostLock = true;
      // Calls that were begun together with this one come about.
      void turn().then(() => {
        this.#witness.lockGone = this.#lostLock;
      });
    });
  }

  #lostLock = false;

  #askAfter(calls: number): void {
    const [name, minutes] = [any(this.#random, Object.fromEntries(agents.map((agent) => [agent, agent]))), this.#random.below(3)];
    const until = minutes === 0 ? null : new Date(this.#stage.clock.date().getTime() + minutes * 60_000).toISOString();
    const request = [
      { kind: 'reconcile' as const },
      { kind: 'agent' as const, name, until },
      { kind: 'fleet' as const, name: 'coding', until },
    ][this.#random.below(3)] ?? { kind: 'reconcile' as const };
    this.#after(calls, `an operator asks: ${JSON.stringify(request)}`, () => this.#stage.request(request));
  }

  #revive(): void {
    this.#dead = false;
    this.#lostLock = false;
    this.#witness.lockGone = false;
  }

  async #restart(why: string): Promise<void> {
    this.trace.push(`${this.#at()} ${why}`);
    this.#revive();
    await this.#stage.restart();
    this.#toldBefore = this.#stage.told.length;
  }

  async #look(trigger: string): Promise<void> {
    if (this.#stage.isDetached) return;
    await this.#stage.pass(trigger);
    await this.#reviveIfDead();
    await this.#wait(0);
  }

  /** As `Stage.wait`, but a process that dies comes back after a moment. */
  async #wait(ms: number): Promise<void> {
    const stage = this.#stage;
    const until = stage.clock.now() + ms;
    let inARow = 0;
    for (;;) {
      if (stage.nextAt <= stage.clock.now()) {
        const before = stage.clock.now();
        await stage.pass('retry');
        await this.#reviveIfDead();
        inARow = stage.clock.now() > before ? 0 : inARow + 1;
        if (inARow > 40) throw new Error(`it never rests: ${stage.status?.left.join(', ')}`);
      } else if (stage.clock.now() >= until) return;
      else {
        stage.clock.step(Math.min(until, stage.nextAt));
        inARow = 0;
      }
      this.#countDeeds();
    }
  }

  async #reviveIfDead(): Promise<void> {
    if (this.#dead) await this.#restart('the controller is started again');
    if (!this.#lostLock) return;
    this.#stage.detach();
    const away = [0, 1000, 60_000][this.#random.below(3)] ?? 0;
    await this.#wait(away);
    this.#revive();
    this.#stage.attach();
    this.trace.push(`${this.#at()} it has the writer lock again`);
  }

  #passEnded(passed: Parameters<Witness['end']>[0]): void {
    const { stage, witness } = { stage: this.#stage, witness: this.#witness };
    const news = stage.host.journal.slice(this.#seen).filter(({ deed }) => deed !== 'record');
    this.#seen = stage.host.journal.length;
    const failed =
      passed?.results.filter(({ outcome }) => outcome !== 'done').map(({ action, outcome }) => `${action.id} ${outcome}`) ?? [];
    if (news.length > 0 || failed.length > 0)
      this.trace.push(
        `${this.#at()}   ${short(passed?.memory.inForce?.key)}: ${news.map(({ deed, target }) => `${deed} ${target}`).join(', ')}${failed.length > 0 ? ` [${failed.join(', ')}]` : ''}`,
      );
    for (const entry of stage.told.slice(this.#toldSeen))
      if (entry.kind === 'revision') this.trace.push(`${this.#at()}   ${entry.outcome}: ${entry.message}`);
    this.#toldSeen = stage.told.length;
    witness.end(this.#dead ? null : passed, stage.hidden);
    if (stage.errors.length > 0) throw stage.errors[0];
    if (witness.objections.length > 0) throw new Error(witness.objections.join('\n'));
    this.#deedTimes.push(...news.map(() => stage.clock.now()));
  }

  #toldSeen = 0;

  #countDeeds(): void {
    const now = this.#stage.clock.now();
    this.#deedTimes = this.#deedTimes.filter((at) => now - at < 60_000);
    if (this.#deedTimes.length > deedsPerMinute) throw new Error(`${this.#deedTimes.length} deeds within a minute`);
  }

  #at(): string {
    return `${((this.#stage.clock.now() - 1_000_000) / 1000).toFixed(1)} s`.padStart(10);
  }
}

function any(random: Random, of: Readonly<Record<string, unknown>>): string {
  const names = Object.keys(of);
  return names[random.below(names.length)] ?? '';
}

const short = (key: string | undefined): string => key?.slice(0, 8) ?? 'nothing';
