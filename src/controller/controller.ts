import { setTimeout } from 'node:timers/promises';
import type { Control, ControllerStats } from '../model/control.ts';
import type { Binding, ControllerConfig, ControllerStatus, HistoryEntry, Suspension } from '../model/controller.ts';
import type { ControllerStore, RevisionSource, SuspensionWriter } from '../model/controller-ports.ts';
import { defaultSocket } from '../model/names.ts';
import type { HostFacts } from '../model/observation.ts';
import type { Plan } from '../model/plan.ts';
import { PortError } from '../model/ports.ts';
import { observe } from '../observed/observe.ts';
import { scopeOf } from '../observed/scope.ts';
import { makePlan } from '../plan/plan.ts';
import { type LoopHooks, type PassReport, runLoop } from './loop.ts';
import { emptyRecord, freshMemory, type Memory } from './memory.ts';
import { Recorder } from './recorder.ts';
import { attach, type Connection, type Station } from './station.ts';
import { Stats } from './stats.ts';
import { type Trigger, Wakes } from './wakes.ts';
import type { Pace, StatusOfPass, World } from './world.ts';

export interface ControllerDeps {
  readonly connect: () => Connection;
  readonly source: RevisionSource;
  readonly binding: Binding;
  readonly store: ControllerStore;
  readonly suspensions: SuspensionWriter;
  readonly lastStatus: () => Promise<ControllerStatus | null>;
  readonly saveStatus: (status: ControllerStatus) => Promise<void>;
  readonly config: ControllerConfig;
  readonly facts: HostFacts;
  readonly shipped: World['shipped'];
  readonly servedKinds: readonly string[];
  readonly pid: number;
  readonly now: () => number;
  readonly date: () => Date;
  readonly random: () => number;
  readonly pace: Pace;
  readonly tickMs: number;
  readonly coalesceMs: number;
  /** Told of what happens: for the journal, the service manager, and whoever wants to know of outcomes. Must not throw. */
  readonly onEntry: (entry: HistoryEntry) => void;
  readonly onPass: (report: PassReport, status: ControllerStatus) => void;
  readonly onObstacle: (obstacle: string) => void;
  readonly onAlive: () => void;
}

/** The loop with all that it owns: one connection to the host at a time, what it remembers, and what it tells. */
export class Controller implements Control {
  readonly wakes = new Wakes();
  readonly #deps: ControllerDeps;
  readonly #stats = new Stats();
  readonly #listeners = new Set<(entry: HistoryEntry) => void>();
  readonly #recorder: Recorder;
  readonly #started: string;
  #memory: Memory = freshMemory(null);
  #station: Station | null = null;
  #told: StatusOfPass | null = null;
  #obstacle: string | null = 'it has just been started';
  #lastPass: ControllerStatus['last_pass'] = null;
  #anew = false;
  /** Who waits until nothing is left to be done, each for a pass that began after it had asked. */
  #waiting: { readonly since: number; readonly resolve: () => void }[] = [];
  #begun = 0;
  #unsaved: ControllerStatus | null = null;
  #saving: Promise<void> | null = null;

  constructor(deps: ControllerDeps) {
    this.#deps = deps;
    this.#started = deps.date().toISOString();
    this.#recorder = new Recorder(deps.store, (entry) => this.#announce(entry));
  }

  /** Runs until the signal aborts. Gives who holds the writer lock where that is somebody else from the beginning. */
  async run(signal: AbortSignal): Promise<{ readonly heldBy: string } | null> {
    this.#memory = { ...(await this.#remembered()), conditions: await this.#lastConditions() };
    // An apply that is under way is waited for, another controller is not.
    let station = await this.#attach(signal, firstPatienceMs);
    if (station !== null && 'heldBy' in station) return station;
    await this.#recorder.append(this.#event('started', `following ${this.#deps.binding.ref}`));
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
    this.#releaseWaiting(Number.POSITIVE_INFINITY);
    await this.#saving;
    return null;
  }

  /** tmux socket of what is in force. */
  get socket(): string {
    return this.#memory.inForce?.desired.tmux.socket ?? defaultSocket;
  }

  status(): ControllerStatus {
    const { facts, pid, binding } = this.#deps;
    const nothing: StatusOfPass = {
      format_version: '1.0',
      host: facts.host,
      tenant: facts.tenant,
      binding,
      attempted: null,
      applied: null,
      good: this.#memory.record.good,
      quarantined: this.#memory.record.quarantined,
      fleets: [],
      back_offs: [],
      suspensions: [],
      left: [],
      drift: [],
      obstacle: null,
    };
    const told = this.#told ?? nothing;
    const obstacle = this.#obstacle ?? told.obstacle;
    return { ...told, obstacle, pid, started: this.#started, passes: this.#stats.passes, last_pass: this.#lastPass };
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

  async reconcile(): Promise<ControllerStatus> {
    this.#anew = true;
    await this.#look('reconcile');
    return this.status();
  }

  async suspend(suspension: Omit<Suspension, 'since'>): Promise<ControllerStatus> {
    const at = this.#deps.date().toISOString();
    await this.#deps.suspensions.suspend({ ...suspension, since: at });
    const { kind, name, by, reason } = suspension;
    await this.#recorder.append({ ...this.#base(), kind: 'suspended', target: `${kind} ${name}`, by, message: reason ?? '' });
    await this.#look('suspension');
    return this.status();
  }

  async resume(kind: Suspension['kind'], name: string, by: string): Promise<boolean> {
    const was = await this.#deps.suspensions.resume(kind, name);
    if (!was) return false;
    await this.#recorder.append({ ...this.#base(), kind: 'resumed', target: `${kind} ${name}`, by, message: '' });
    await this.#look('suspension');
    return true;
  }

  onEntry(listener: (entry: HistoryEntry) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  stats(): ControllerStats {
    return this.#stats.told();
  }

  /** A record that is damaged loses nothing that the refs and the host do not tell. */
  async #remembered(): Promise<Memory> {
    try {
      return this.#bound(freshMemory(await this.#deps.store.load()));
    } catch (error) {
      if (error instanceof PortError && error.kind === 'refused') throw error;
      const message = `its record could not be read, and is begun anew: ${error instanceof Error ? error.message : String(error)}`;
      await this.#recorder.append(this.#event('failed', message));
      return this.#bound(freshMemory(null));
    }
  }

  /** Since when each condition holds is told by what the last controller told. */
  async #lastConditions(): Promise<Memory['conditions']> {
    const last = await this.#deps.lastStatus().catch(() => null);
    return new Map(last?.fleets.map(({ name, conditions }) => [name, conditions]));
  }

  /** Whoever binds it to another branch means that branch, whatever was in force before. */
  async #bound(memory: Memory): Promise<Memory> {
    const { binding } = this.#deps;
    const before = memory.record.binding;
    if (JSON.stringify(before) === JSON.stringify(binding)) return memory;
    const isOther = before !== null && (before.repository !== binding.repository || before.ref !== binding.ref);
    const record = { ...(isOther ? emptyRecord : memory.record), binding };
    // A record that was lost is found again by the first pass; an empty one in its place would be believed.
    if (!memory.recordLost) await this.#recorder.save(record);
    return { ...memory, record };
  }

  /** Until it succeeds, the signal aborts, or somebody else has held the lock for longer than `patienceMs`. */
  async #attach(signal: AbortSignal, patienceMs: number): Promise<Station | { readonly heldBy: string } | null> {
    const deadline = this.#deps.now() + patienceMs;
    for (let failures = 0; !signal.aborted; failures++) {
      const attached = await attach(this.#deps.connect, () => this.wakes.add('unit'));
      if ('station' in attached) return attached.station;
      if (attached.heldBy !== null && this.#deps.now() >= deadline) return { heldBy: attached.heldBy };
      this.#obstruct(attached.obstacle);
      if (failures % 10 === 0) this.#deps.onAlive();
      const ms = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(failures, 10)) * (0.8 + 0.4 * this.#deps.random());
      await setTimeout(ms, undefined, { signal }).catch(() => 'interrupted');
    }
    return null;
  }

  #world({ readers, writers }: Station, signal: AbortSignal): World {
    const { source, binding, config, facts, shipped, servedKinds, now, date, random, pace } = this.#deps;
    const onStatus = (status: StatusOfPass): void => {
      this.#told = status;
      this.#stats.drift(status.drift.length > 0, now());
    };
    return {
      source,
      binding,
      readers,
      writers,
      recorder: this.#recorder,
      config,
      facts,
      shipped,
      servedKinds,
      now,
      date,
      random,
      signal,
      pace,
      onStatus,
    };
  }

  #hooks(station: Station): LoopHooks {
    const { tickMs, coalesceMs, onAlive, now } = this.#deps;
    return {
      tickMs,
      coalesceMs,
      before: (memory, triggers) => this.#asAsked(memory, triggers),
      passed: (report) => this.#passed(report),
      alive: async () => {
        if (now() - this.#checked < tickMs / 2) return;
        this.#checked = now();
        onAlive();
        await station.alive().catch(() => station.leave().catch(() => {}));
      },
    };
  }

  #checked = 0;

  /** Somebody asked: what was given up is tried again. */
  #asAsked(memory: Memory, triggers: readonly Trigger[]): Memory {
    this.#memory = memory;
    this.#begun += 1;
    const anew = this.#anew || triggers.includes('signal');
    this.#anew = false;
    if (!anew) return memory;
    return { ...memory, ledger: new Map(), repeats: new Map(), attempt: null, anewSince: this.#deps.date().getTime() };
  }

  #passed(report: PassReport): void {
    this.#memory = report.memory;
    this.#obstacle = report.error === null ? null : report.error instanceof Error ? report.error.message : String(report.error);
    this.#stats.pass(report.tookMs, report.results, report.error !== null);
    this.#lastPass = { at: this.#deps.date().toISOString(), took_ms: Math.round(report.tookMs) };
    const status = this.status();
    this.#save(status);
    this.#deps.onPass(report, status);
    if (report.idle || report.error !== null) this.#releaseWaiting(this.#begun);
  }

  /** Those who had asked before that pass began. */
  #releaseWaiting(begun: number): void {
    const heard = this.#waiting.filter(({ since }) => since < begun);
    this.#waiting = this.#waiting.filter(({ since }) => since >= begun);
    for (const { resolve } of heard) resolve();
  }

  /** One write at a time, and the last one last. */
  #save(status: ControllerStatus): void {
    this.#unsaved = status;
    this.#saving ??= this.#saveAll().finally(() => {
      this.#saving = null;
    });
  }

  async #saveAll(): Promise<void> {
    for (let status = this.#unsaved; status !== null; status = this.#unsaved) {
      const last = status;
      this.#unsaved = null;
      await this.#recorder.attempt('the status', () => this.#deps.saveStatus(last));
    }
  }

  #obstruct(obstacle: string): void {
    if (this.#obstacle === obstacle) return;
    this.#obstacle = obstacle;
    this.#deps.onObstacle(obstacle);
    this.#save(this.status());
  }

  /** Resolves once nothing is left to be done; at once while the host is away. */
  async #look(trigger: Trigger): Promise<void> {
    if (this.#station === null) return;
    const idle = new Promise<void>((resolve) => this.#waiting.push({ since: this.#begun, resolve }));
    this.wakes.add(trigger);
    await idle;
  }

  #announce(entry: HistoryEntry): void {
    this.#deps.onEntry(entry);
    for (const listener of this.#listeners) listener(entry);
  }

  #base() {
    return { format_version: '1.0' as const, at: this.#deps.date().toISOString(), revision: this.#memory.record.admitted };
  }

  #event(event: 'started' | 'stopped' | 'failed', message: string): HistoryEntry {
    return { ...this.#base(), kind: 'controller', event, message };
  }
}

const firstPatienceMs = 10_000;
const firstPauseMs = 50;
const longestPauseMs = 5000;
