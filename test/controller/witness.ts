import type { Passed } from '../../src/controller/pass.ts';
import type { Desired } from '../../src/model/desired.ts';
import { agentUnit, parseUnit } from '../../src/model/names.ts';
import type { JournalEntry } from '../fakes/host.ts';
import type { Stage } from './stage.ts';

/** A floor class of a fleet, such as `coding orchestrator`. */
type Post = string;

interface Deed extends JournalEntry {
  /** Who was live in which post before it, and after it. */
  readonly before: ReadonlyMap<string, Post>;
  readonly after: ReadonlyMap<string, Post>;
}

/**
 * Watches what a controller does to its host, and knows the rules, but nothing of plans: it looks at the machine before and after
 * each call to a writer. What it objects to is one text each.
 */
export class Witness {
  readonly objections: string[] = [];
  /** Sessions and units of somebody else, which have to stay as they are. */
  readonly foreign = new Set<string>();
  readonly #stage: Stage;
  #live: ReadonlyMap<string, Post>;
  #atStart: ReadonlyMap<string, Post> = new Map();
  /** Calls that have ended; those that have begun are in the journal. */
  #deeds: Deed[] = [];
  #called = 0;
  #masked = new Set<string>();
  #suspended: ReadonlySet<string> = new Set();

  constructor(stage: Stage) {
    this.#stage = stage;
    this.#live = livePosts(stage);
    stage.host.onWritten = (entry) => this.#saw(entry);
  }

  /** What happened until now was nobody's deed. */
  refresh(): void {
    this.#live = livePosts(this.#stage);
  }

  begin(): void {
    this.refresh();
    const { machine } = this.#stage;
    this.#atStart = this.#live;
    this.#called = this.#stage.host.journal.length;
    this.#deeds = [];
    this.#masked = new Set(machine.masked);
    this.#suspended = this.#suspendedUnits();
  }

  /** Of a fleet: whoever is of it by what is in force, or by what it was started with. */
  #suspendedUnits(): ReadonlySet<string> {
    const { machine, memory, clock } = this.#stage;
    const desired = [...(memory.inForce?.desired.agents.values() ?? [])];
    const started = [...machine.records].map(([unit, { fleet }]) => ({ name: parseUnit(unit)?.name ?? '', fleet }));
    const inForce = [...machine.suspensions.values()].filter(
      ({ until }) => until === null || Date.parse(until) > clock.date().getTime(),
    );
    const names = inForce.flatMap(({ kind, name }) =>
      kind === 'agent' ? [name] : [...desired, ...started].filter(({ fleet }) => fleet === name).map((one) => one.name),
    );
    return new Set(names.map(agentUnit));
  }

  /** The lock is gone, and whoever was to notice has noticed: what is begun now is somebody else's host. */
  lockGone = false;

  /** A call to a writer begins. */
  begins(deed: string, target: string): void {
    if (this.lockGone) this.#object(`${deed} ${target} without the writer lock`);
    // One that came since the pass began may not have been seen, and one may have ended since.
    if (deed !== 'record' && this.#suspended.has(target) && this.#suspendedUnits().has(target))
      this.#object(`${deed} ${target}, which is suspended`);
  }

  /** `null`: the controller died on the way; what it was about to do next cannot be held against it. */
  end(passed: Passed | null, hidden: ReadonlySet<string>): void {
    const calls = this.#stage.host.journal.slice(this.#called).filter(({ deed }) => deed !== 'record');
    this.#judgeBlindness(calls, hidden);
    for (const { deed, target } of calls) {
      if (this.#masked.has(target) && deed !== 'reset-failed') this.#object(`${deed} ${target}, which is masked`);
    }
    if (passed === null) return;
    this.#judgeAccount(calls, passed);
    const { inForce } = passed.memory;
    if (inForce !== null)
      for (const { name, waived } of inForce.desired.fleets) if (!waived) this.#judgeFloor(name, inForce.desired, passed);
  }

  #saw(entry: JournalEntry): void {
    const before = this.#live;
    this.refresh();
    this.#deeds.push({ ...entry, before, after: this.#live });
    const begun = parseUnit(entry.target)?.name ?? '';
    const post = this.#live.get(begun);
    const beside = [...this.#live].filter(([name, held]) => name !== begun && held === post).map(([name]) => name);
    if ((entry.deed === 'start' || entry.deed === 'restart') && post?.endsWith(' orchestrator') && beside.length > 0)
      this.#object(`${entry.deed} ${begun} makes two orchestrators, beside ${beside.join(', ')}`);
    for (const thing of this.foreign)
      if (!this.#isThere(thing)) this.#object(`${entry.deed} ${entry.target} ended ${thing}, which is somebody else's`);
  }

  #isThere(thing: string): boolean {
    const { machine } = this.#stage;
    return machine.sessions.has(thing) || machine.runs.get(thing)?.active === 'active';
  }

  #judgeBlindness(calls: readonly JournalEntry[], hidden: ReadonlySet<string>): void {
    const forbidden = [
      ...(hidden.has('units.list') ? ['start', 'stop', 'restart', 'enable', 'disable', 'reset-failed', 'kill-session'] : []),
      ...(hidden.has('files.list') ? ['write', 'remove', 'start', 'stop', 'restart', 'enable', 'disable'] : []),
      ...(hidden.has('sessions.list') ? ['kill-session', 'restart', 'start'] : []),
    ];
    for (const { deed, target } of calls) if (forbidden.includes(deed)) this.#object(`${deed} ${target}, without having seen it`);
  }

  /** What was done is in the results, and the results are in the history. */
  #judgeAccount(calls: readonly JournalEntry[], { results }: Passed): void {
    const told = new Set(results.map(({ action: { verb, unit, target } }) => callOf(verb, unit ?? target ?? '')));
    for (const { deed, target } of calls) if (!told.has(callOf(deed, target))) this.#object(`${deed} ${target} is told nowhere`);
    const entry = this.#stage.told.at(-1);
    const begun = results.filter(({ outcome }) => outcome !== 'not-run');
    const written = this.#stage.told.filter(({ kind }) => kind === 'pass').at(-1);
    const ids = written?.kind === 'pass' ? written.actions.map(({ id }) => id) : [];
    if (begun.length > 0 && results.some(({ action }) => !ids.includes(action.id)))
      this.#object(`the history does not tell of a pass (it tells of ${entry?.kind})`);
  }

  /** A post falls vacant only where somebody is at hand to take it, one post of a fleet at a time, and never while two hold it. */
  #judgeFloor(fleet: string, desired: Desired, passed: Passed): void {
    // Without the lock a run ends where it is, as if its process had.
    const failed = passed.results.some(
      ({ outcome }) => outcome === 'failed' || outcome === 'unfinished' || outcome === 'not-run',
    );
    let open: Post | null = null;
    for (const deed of this.#deeds) {
      for (const className of ['orchestrator', 'enhancer']) {
        const post = `${fleet} ${className}`;
        if (holders(deed.before, post) === 0 || holders(deed.after, post) > 0) continue;
        if (deed.deed !== 'stop' && deed.deed !== 'restart') continue;
        const what = `${deed.deed} ${deed.target} leaves ${post} vacant`;
        const heirs = [...desired.agents.values()].filter((one) => one.running && one.fleet === fleet && one.class === className);
        // One that was live or was started in this pass, and has ended since by itself, was at hand: later passes see to it.
        const wasAtHand = heirs.some(({ name }) => this.#atStart.get(name) === post && agentUnit(name) !== deed.target);
        const isTaken =
          wasAtHand ||
          heirs.some(({ name }) =>
            this.#deeds.some((next) => ['start', 'restart'].includes(next.deed) && agentUnit(name) === next.target),
          );
        if (!isTaken && !failed) this.#object(`${what}, and nobody takes it`);
        if (open !== null && open !== post && !failed) this.#object(`${what} while ${open} is vacant, too`);
        if (holders(this.#atStart, post) > 1 && heirs.length > 1 && !failed) this.#object(`${what} although two held it`);
        if (!wasAtHand) open = post;
      }
      if (open !== null && holders(deed.after, open) > 0) open = null;
    }
  }

  #object(what: string): void {
    this.objections.push(what);
  }
}

const callOf = (verb: string, target: string): string => (verb === 'linger' || verb === 'reload' ? verb : `${verb} ${target}`);

function livePosts({ machine }: Stage): ReadonlyMap<string, Post> {
  const posts = new Map<string, Post>();
  for (const { agent, incarnation } of machine.sessions.values()) {
    const run = machine.runs.get(agentUnit(agent));
    const record = machine.records.get(agentUnit(agent));
    if (run?.active !== 'active' || run.invocation !== incarnation || record === undefined) continue;
    posts.set(agent, `${record.fleet} ${record.class}`);
  }
  return posts;
}

const holders = (live: ReadonlyMap<string, Post>, post: Post): number =>
  [...live.values()].filter((held) => held === post).length;
