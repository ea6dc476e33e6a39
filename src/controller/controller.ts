import type { ConnectorTerms } from '../model/connectors.ts';
import type { Control, ControllerStats } from '../model/control.ts';
import type { Binding, ControllerConfig, ControllerStatus, HistoryEntry, Suspension } from '../model/controller.ts';
import type { ControllerStore, HistoryReader, RevisionSource, SuspensionWriter } from '../model/controller-ports.ts';
import type { Desired } from '../model/desired.ts';
import { messageOf } from '../model/message-of.ts';
import { defaultSocket } from '../model/names.ts';
import type { HostFacts } from '../model/observation.ts';
import type { Plan } from '../model/plan.ts';
import type { HostReaders, StateReader } from '../model/ports.ts';
import type { ReportAnswer } from '../model/report.ts';
import { observe } from '../observed/observe.ts';
import { scopeOf } from '../observed/scope.ts';
import { makePlan } from '../plan/plan.ts';
import { refuseUnknown } from './known.ts';
import { lastRun } from './last-run.ts';
import { type LoopHooks, type PassReport, runLoop } from './loop.ts';
import { freshMemory, type Memory } from './memory.ts';
import { Recorder } from './recorder.ts';
import { remembered } from './remembered.ts';
import { attach, attachAtLast, type Connection, type Patience, type Station } from './station.ts';
import { Stats } from './stats.ts';
import { statusOf } from './status.ts';
import { stepping, steppingReaders, steppingWriters } from './steps.ts';
import { Telling } from './telling.ts';
import { Waiting } from './waiting.ts';
import { type Trigger, Wakes } from './wakes.ts';
import type { Pace, StatusOfPass, World } from './world.ts';

export interface ControllerDeps {
  /** `onQueued` is told while systemd says that a job that is waited for goes on. */
  readonly connect: (onQueued: () => void) => Connection;
  readonly source: RevisionSource;
  readonly binding: Binding;
  readonly store: ControllerStore;
  readonly history: Pick<HistoryReader, 'newest'>;
  readonly suspensions: SuspensionWriter;
  /** What was last reached here. */
  readonly state: Pick<StateReader, 'admitted'>;
  readonly lastStatus: () => Promise<ControllerStatus | null>;
  readonly saveStatus: (status: ControllerStatus) => Promise<void>;
  readonly config: ControllerConfig;
  readonly facts: HostFacts;
  readonly shipped: World['shipped'];
  readonly connectors: readonly ConnectorTerms[];
  readonly pid: number;
  readonly now: () => number;
  readonly date: () => Date;
  readonly random: () => number;
  readonly pace: Pace;
  readonly tickMs: number;
  readonly coalesceMs: number;
  /** Told of what happens: for the journal and the service manager. Must not throw. */
  readonly onEntry: (entry: HistoryEntry) => void;
  /** The same once all is saved that goes with it: for whoever wants to know of outcomes, and may end this process. Must not throw. */
  readonly tell: (entry: HistoryEntry) => void;
  /** What a pass is to bring about, before it does anything. */
  readonly onTarget: (desired: Desired) => void;
  readonly onPass: (report: PassReport, status: ControllerStatus) => void;
  readonly onObstacle: (obstacle: string) => void;
  /** Makes a report of a look at the host, with all that agents show. */
  readonly report: (readers: HostReaders, desired: Desired, status: ControllerStatus) => Promise<ReportAnswer>;
  /** Feeds the watchdog: told of progress, at most twice in `tickMs`. */
  readonly onAlive: () => void;
}

/** The loop with all that it owns: one connection to the host at a time, what it remembers, and what it tells. */
export class Controller implements Control {
  readonly wakes = new Wakes();
  readonly #deps: ControllerDeps;
  readonly #stats = new Stats();
  readonly #recorder: Recorder;
  readonly #started: string;
  #memory: Memory = freshMemory(null);
  #station: Station | null = null;
  #told: StatusOfPass | null = null;
  #obstacle: string | null = 'it has just been started';
  #lastPass: ControllerStatus['last_pass'] = null;
  #anew = false;
  /** When the host was last asked whether it is there; monotonic milliseconds. */
  #checked = 0;
  #fed = Number.NEGATIVE_INFINITY;
  readonly #waiting = new Waiting();
  readonly #telling: Telling;

  constructor(deps: ControllerDeps) {
    this.#deps = deps;
    this.#started = deps.date().toISOString();
    this.#recorder = new Recorder(deps.store, deps.onEntry);
    this.#telling = new Telling(this.#recorder, deps);
  }

  /** Runs until the signal aborts. Gives who holds the writer lock where that is somebody else from the beginning. */
  async run(signal: AbortSignal): Promise<{ readonly heldBy: string } | null> {
    const before = await lastRun(this.#deps.history, this.#deps.lastStatus);
    this.#recorder.continueAfter(before.outcomes);
    this.#memory = await remembered({
      ...this.#deps,
      recorder: this.#recorder,
      onLost: (why) =>
        this.#recorder.append(this.#event('failed', `its record could not be read, and is begun anew: ${messageOf(why)}`)),
    });
    // An apply that is under way is waited for, another controller is not.
    let station = await this.#attach(signal, firstPatienceMs);
    if (station !== null && 'heldBy' in station) return station;
    if (before.cutShort !== null) await this.#recorder.append(this.#event('failed', before.cutShort));
    await this.#recorder.append(this.#event('started', `following ${this.#deps.binding.ref}`));
    if (station !== null) await this.#fetch(signal);
    while (station !== null && !('heldBy' in station)) {
      this.#station = station;
      this.wakes.add('start');
      const world = this.#world(station, AbortSignal.any([signal, station.lost]));
      this.#memory = await runLoop(this.#memory, this.wakes, world, this.#hooks(station));
      this.#station = null;
      await station.leave();
      if (signal.aborted) break;
      this.#obstruct('the connection to the user manager is gone');
      station = await this.#attach(signal, Number.POSITIVE_INFINITY);
    }
    await this.#recorder.append(this.#event('stopped', typeof signal.reason === 'string' ? signal.reason : ''));
    this.#waiting.end();
    this.#save();
    await this.#telling.done();
    return null;
  }

  /** tmux socket of what is in force. */
  get socket(): string {
    return this.#memory.inForce?.desired.tmux.socket ?? defaultSocket;
  }

  /** The lock is ours: whatever else is written here has one writer. */
  get isWriter(): boolean {
    return this.#station !== null;
  }

  status(): ControllerStatus {
    const told = this.#told ?? statusOf(this.#memory, null, { ...this.#deps, recorder: this.#recorder });
    const obstacle = this.#obstacle ?? told.obstacle;
    const unfetched = this.#deps.source.unfetched?.() ?? null;
    return {
      ...told,
      obstacle,
      ...(unfetched !== null && { unfetched }),
      pid: this.#deps.pid,
      started: this.#started,
      passes: this.#stats.passes,
      last_pass: this.#lastPass,
    };
  }

  async report(): Promise<ReportAnswer | null> {
    const { inForce } = this.#memory;
    if (inForce === null || this.#station === null) return null;
    return this.#deps.report(this.#station.readers, inForce.desired, this.status());
  }

  async plan(): Promise<Plan | null> {
    const { inForce } = this.#memory;
    if (inForce === null || this.#station === null) return null;
    const observation = await observe(this.#station.readers, this.#deps.facts, scopeOf(inForce.desired));
    const { desired, rosterless, commit, diagnostics } = inForce;
    const input = {
      desired,
      observation,
      revision: commit,
      dirty: false,
      against: 'host',
      adopt: false,
      rosterless,
      diagnostics,
    };
    return makePlan(input).plan;
  }

  /** What a remote has now is fetched first. */
  async reconcile(): Promise<ControllerStatus> {
    if (this.isWriter) await this.#fetched();
    this.#anew = true;
    await this.#look('reconcile');
    return this.status();
  }

  async suspend(suspension: Omit<Suspension, 'since'>): Promise<ControllerStatus> {
    refuseUnknown(suspension, this.#memory.inForce?.desired ?? null, await this.#deps.state.admitted());
    const at = this.#deps.date().toISOString();
    await this.#deps.suspensions.suspend({ ...suspension, since: at });
    const { kind, name, by, reason } = suspension;
    await this.#recorder.append({ ...this.#base(), kind: 'suspended', target: `${kind} ${name}`, by, message: reason ?? '' });
    await this.#look('suspension');
    return this.status();
  }

  /** As with `reconcile`, what was given up is tried again: whoever suspends a program that fails means to mend it. */
  async resume(kind: Suspension['kind'], name: string, by: string): Promise<boolean> {
    const was = await this.#deps.suspensions.resume(kind, name);
    if (!was) return false;
    this.#anew = true;
    await this.#recorder.append({ ...this.#base(), kind: 'resumed', target: `${kind} ${name}`, by, message: '' });
    await this.#look('suspension');
    return true;
  }

  onEntry(listener: (entry: HistoryEntry) => void): () => void {
    return this.#telling.onEntry(listener);
  }

  stats(): ControllerStats {
    return this.#stats.told();
  }

  /** Before the first look, and under the lock: what is fetched into is written by one alone. */
  async #fetch(signal: AbortSignal): Promise<void> {
    const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    if (!signal.aborted) await Promise.race([this.#fetched(), aborted]);
  }

  #fetched(): Promise<void> {
    return this.#deps.source.fetch().catch((error: unknown) => this.#deps.onObstacle(messageOf(error)));
  }

  #attach(signal: AbortSignal, patienceMs: number): Promise<Patience> {
    const { connect, now, random, onAlive } = this.#deps;
    const attempt = () =>
      attach(
        () => connect(() => this.#feed()),
        () => this.wakes.add('unit'),
      );
    return attachAtLast(attempt, {
      signal,
      patienceMs,
      now,
      random,
      onAlive,
      onObstacle: (obstacle) => this.#obstruct(obstacle),
    });
  }

  #world({ readers, writers }: Station, signal: AbortSignal): World {
    const { source, binding, config, facts, shipped, connectors, now, date, random, pace, onTarget } = this.#deps;
    const onStatus = (status: StatusOfPass): void => {
      this.#told = status;
      this.#stats.drift(status.drift.length > 0, now());
    };
    const onStep = (): void => this.#feed();
    return {
      source: stepping(source, onStep),
      binding,
      readers: steppingReaders(readers, onStep),
      writers: steppingWriters(writers, onStep),
      recorder: this.#recorder,
      config,
      facts,
      shipped,
      connectors,
      now,
      date,
      random,
      signal,
      pace,
      onTarget,
      onStatus,
    };
  }

  #hooks(station: Station): LoopHooks {
    const { tickMs, coalesceMs, now } = this.#deps;
    return {
      tickMs,
      coalesceMs,
      before: (memory, triggers) => this.#asAsked(memory, triggers),
      passed: (report) => this.#passed(report),
      alive: async () => {
        this.#feed();
        if (now() - this.#checked < tickMs / 2) return;
        this.#checked = now();
        await station.alive().catch(() => station.leave().catch(() => {}));
      },
    };
  }

  /** Somebody asked: what was given up is tried again. */
  #asAsked(memory: Memory, triggers: readonly Trigger[]): Memory {
    this.#memory = memory;
    this.#waiting.passBegins();
    const anew = this.#anew || triggers.includes('signal');
    this.#anew = false;
    if (!anew) return memory;
    return { ...memory, ledger: new Map(), repeats: new Map(), attempt: null, anewSince: this.#deps.date().getTime() };
  }

  #passed(report: PassReport): void {
    this.#memory = report.memory;
    this.#obstacle = report.error === null ? null : messageOf(report.error);
    this.#stats.pass(report.tookMs, report.results, report.error !== null);
    this.#lastPass = { at: this.#deps.date().toISOString(), took_ms: Math.round(report.tookMs) };
    this.#save();
    this.#deps.onPass(report, this.status());
    if (report.idle || report.error !== null) this.#waiting.nothingLeft();
  }

  #obstruct(obstacle: string): void {
    if (this.#obstacle === obstacle) return;
    this.#obstacle = obstacle;
    this.#deps.onObstacle(obstacle);
    this.#save();
  }

  /** Resolves once nothing is left to be done; at once while the host is away. */
  async #look(trigger: Trigger): Promise<void> {
    if (this.#station === null) return;
    const done = this.#waiting.wait();
    this.wakes.add(trigger);
    await done;
  }

  /** The loop has gone round, a pass has come a step further, or systemd is still busy with one: never because time has passed. */
  #feed(): void {
    const { now, tickMs, onAlive } = this.#deps;
    if (now() - this.#fed < tickMs / 2) return;
    this.#fed = now();
    onAlive();
  }

  #save(): void {
    this.#telling.tell(this.status());
  }

  #base() {
    return { format_version: '1.0' as const, at: this.#deps.date().toISOString(), revision: this.#memory.record.admitted };
  }

  #event(event: 'started' | 'stopped' | 'failed', message: string): HistoryEntry {
    return { ...this.#base(), kind: 'controller', event, message };
  }
}

const firstPatienceMs = 10_000;
