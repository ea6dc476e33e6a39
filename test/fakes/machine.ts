import { isConnectorSpec } from '../../src/model/connector-spec.ts';
import type { Suspension } from '../../src/model/controller.ts';
import type { FileContent } from '../../src/model/desired.ts';
import { type Digest, digestOfText } from '../../src/model/digest.ts';
import {
  agentTemplate,
  connectorFile,
  connectorTemplate,
  environmentFile,
  type FileKey,
  holderUnit,
  parseUnit,
  unitFile,
} from '../../src/model/names.ts';
import type {
  AdmittedRecord,
  ObservedConnector,
  ObservedSession,
  ObservedUnit,
  RunEnd,
  StartRecord,
  UnitDetail,
} from '../../src/model/observation.ts';
import { type JobResult, PortError, type SessionTag } from '../../src/model/ports.ts';
import type { Random } from './random.ts';

interface Run {
  active: string;
  sub: string;
  invocation: string;
  restarts: number;
  /** Exit status with which its program ends by itself. */
  dies?: number;
  /** How its last run ended. */
  ended?: Pick<UnitDetail, 'result' | 'exit'>;
  /** Milliseconds of the machine's clock. */
  since?: number;
}

/** As our unit template says. */
const startLimit = { burst: 20, intervalMs: 60_000 };
const configurationStatus = 78;

/**
 * A machine in memory: a user manager, a tmux server, files. It follows the real ones where Muster can tell: a unit of ours is
 * active while its session lives, the holder owns the server, reload makes changed unit files count, and a reboot keeps only what
 * is on disk. Nothing happens by itself: what systemd would do after a delay is done by `settle`. A program whose model hint is
 * `fails` cannot be started, one whose hint is `exits-7` ends soon after it was started.
 */
export class Machine {
  readonly files = new Map<FileKey, FileContent>();
  readonly enabled = new Set<string>();
  readonly enabledAtRuntime = new Set<string>();
  readonly masked = new Set<string>();
  /** Paths of unit files made for one instance. */
  readonly ownFiles = new Map<string, string>();
  readonly runs = new Map<string, Run>();
  readonly records = new Map<string, StartRecord>();
  readonly completed = new Map<string, Digest>();
  /** What connectors tell of themselves, by fleet. */
  readonly connectors = new Map<string, ObservedConnector>();
  /** How runs ended, by agent. */
  readonly ends = new Map<string, RunEnd>();
  readonly sessions = new Map<string, ObservedSession>();
  /** Units that cannot be started. */
  readonly breaking = new Set<string>();
  /** Units that end soon after they were started, with this exit status. */
  readonly crashing = new Map<string, number>();
  socket = 'mosaic';
  server = false;
  linger = false;
  admitted: AdmittedRecord | null = null;
  /** By kind and name, such as `agent coder0`. */
  readonly suspensions = new Map<string, Suspension>();
  reloads = 0;

  /** Unit files as the manager has read them. */
  readonly #loaded = new Map<FileKey, string>();
  readonly #random: Random;
  readonly #now: () => number;
  readonly #starts = new Map<string, number[]>();
  #clock = 1_700_000_000;
  #lastSession = -1;

  /** `now`: milliseconds since the epoch. */
  constructor(random: Random, now: () => number = () => 1_700_000_000_000) {
    this.#random = random;
    this.#now = now;
  }

  observed(unit: string): ObservedUnit {
    const run = this.runs.get(unit);
    const { active, sub, invocation } = run ?? { active: 'inactive', sub: 'dead', invocation: '' };
    const own = this.ownFiles.get(unit);
    const load = this.masked.has(unit)
      ? 'masked'
      : run === undefined
        ? 'unloaded'
        : this.#fragment(unit)
          ? 'loaded'
          : 'not-found';
    const state = { load, active, sub, invocation, enablement: this.#enablement(unit) };
    return own === undefined ? state : { ...state, ownFile: own };
  }

  /** Every unit that the manager has in memory or the disk names. */
  names(): string[] {
    const holderFile = this.files.has(unitFile(holderUnit)) ? [holderUnit] : [];
    const named = [this.runs, this.enabled, this.enabledAtRuntime, this.masked, this.ownFiles].flatMap((set) => [...set.keys()]);
    return [...new Set([...named, ...holderFile])].filter((unit) => parseUnit(unit) !== null).sort();
  }

  knows(unit: string): boolean {
    return this.runs.has(unit) || this.#fragment(unit) !== null;
  }

  detail(unit: string): UnitDetail | null {
    const run = this.runs.get(unit);
    return run === undefined ? null : { since: (run.since ?? this.#now()) * 1000, restarts: run.restarts, ...run.ended };
  }

  /** A job that takes its time: until it ends, the unit is on its way. Gives whether it still is: another job may have taken its place. */
  begin(unit: string, way: 'activating' | 'deactivating'): () => boolean {
    const run = this.runs.get(unit) ?? { invocation: '', restarts: 0 };
    const isUp = 'active' in run && run.active === 'active';
    if (isUp === (way === 'activating')) return () => true;
    const job = { ...run, active: way, sub: way === 'activating' ? 'start' : 'stop-sigterm', since: this.#now() };
    this.runs.set(unit, job);
    return () => this.runs.get(unit) === job;
  }

  start(unit: string): JobResult {
    const run = this.runs.get(unit);
    if (run?.active === 'active') return 'done';
    if (unit !== holderUnit && parseUnit(unit)?.kind === 'agent') {
      const holder = this.knows(holderUnit) ? this.start(holderUnit) : 'failed';
      if (holder !== 'done') return 'dependency';
    }
    return this.#begin(unit, run?.restarts ?? 0);
  }

  stop(unit: string): JobResult {
    if (unit === holderUnit)
      for (const other of this.#running()) if (parseUnit(other)?.kind === 'agent') this.#end(other, 'inactive');
    this.#end(unit, 'inactive');
    return 'done';
  }

  restart(unit: string): JobResult {
    const along = unit === holderUnit ? this.#running().filter((other) => parseUnit(other)?.kind === 'agent') : [];
    this.stop(unit);
    const result = this.start(unit);
    for (const other of along) this.start(other);
    return result;
  }

  resetFailed(unit: string): void {
    this.#starts.delete(unit);
    if (this.runs.get(unit)?.active === 'failed') this.runs.delete(unit);
  }

  /** A unit file that is loaded has another text on disk. */
  isStale(): boolean {
    return [...this.#loaded].some(([key, text]) => text !== (this.files.get(key)?.text ?? ''));
  }

  reload(): void {
    this.reloads += 1;
    for (const key of this.#loaded.keys()) this.#loaded.set(key, this.files.get(key)?.text ?? '');
  }

  killTagged({ id, agent, incarnation }: SessionTag): void {
    if (!/^\$\d+$/.test(id)) throw new PortError('failed', `${id} is no tmux session id`);
    const found = this.sessions.get(id);
    if (found?.agent === agent && found.incarnation === incarnation) this.kill(id);
  }

  kill(session: string): void {
    const found = this.sessions.get(session);
    if (found === undefined || found.agent === '') return;
    this.sessions.delete(session);
    const unit = this.#unitOf(found);
    if (unit !== null) this.#await(unit);
  }

  /** The process in an agent's pane dies: its unit notices, and systemd will start it again. */
  killPane(agent: string): void {
    for (const session of [...this.sessions.values()]) if (session.agent === agent) this.kill(session.id);
  }

  /** The program of an ephemeral agent ends with exit status 0. */
  complete(agent: string): void {
    const unit = `mosaic-agent@${agent}.service`;
    const record = this.records.get(unit);
    if (record === undefined) throw new Error(`${agent} does not run`);
    this.completed.set(agent, record.config);
    this.#end(unit, 'inactive');
  }

  /** The tmux server is killed: every session is gone, the holder and its agents are to be started again. */
  killServer(): void {
    this.server = false;
    this.sessions.clear();
    for (const unit of this.#running()) if (parseUnit(unit)?.kind !== 'connector') this.#await(unit);
  }

  /** A session that is not the work of a unit: without a tag it is foreign, with one it is an orphan. */
  addSession(
    name: string,
    tag: { readonly agent: string; readonly incarnation: string } = { agent: '', incarnation: '' },
  ): string {
    this.server = true;
    this.#lastSession += 1;
    this.#clock += 1;
    const id = `$${this.#lastSession}`;
    this.sessions.set(id, { id, name, ...tag, alive: true, pid: 1000 + this.#lastSession, created: this.#clock });
    return id;
  }

  /** What happens by itself within 200 ms: systemd starts what it has scheduled, programs that do not last end. */
  settle(): void {
    for (const [unit, run] of [...this.runs]) {
      const status = this.crashing.get(unit) ?? run.dies;
      if (run.sub === 'auto-restart') this.#startAgain(unit);
      else if (status !== undefined && run.active === 'active') this.exit(unit, status);
    }
  }

  /** Whether `settle` has something to do. */
  isRestless(): boolean {
    const dies = (unit: string, { dies }: Run): boolean => dies !== undefined || this.crashing.has(unit);
    return [...this.runs].some(([unit, run]) => run.sub === 'auto-restart' || (run.active === 'active' && dies(unit, run)));
  }

  /** A program ends with this status: systemd starts it again, unless the status says that this is no use. */
  exit(unit: string, status: number): void {
    this.#end(unit, 'failed', { result: 'exit-code', exit: { how: 'exited', status } });
    const run = this.runs.get(unit);
    if (run !== undefined && status !== configurationStatus)
      this.runs.set(unit, { ...run, active: 'activating', sub: 'auto-restart', restarts: run.restarts + 1 });
  }

  /** Only what is on disk remains; the manager comes back by itself only with linger. */
  reboot(): void {
    for (const gone of [this.runs, this.records, this.ends, this.sessions, this.enabledAtRuntime, this.#starts]) gone.clear();
    this.#loaded.clear();
    this.server = false;
    if (!this.linger) return;
    for (const unit of [...this.enabled].sort()) if (this.#fragment(unit) !== null && !this.masked.has(unit)) this.start(unit);
  }

  #startAgain(unit: string): void {
    const starts = (this.#starts.get(unit) ?? []).filter((at) => this.#now() - at < startLimit.intervalMs);
    this.#starts.set(unit, [...starts, this.#now()]);
    const run = this.runs.get(unit);
    if (starts.length < startLimit.burst) this.start(unit);
    else if (run !== undefined) this.runs.set(unit, { ...run, active: 'failed', sub: 'failed', since: this.#now() });
  }

  #begin(unit: string, restarts: number): JobResult {
    const parsed = parseUnit(unit);
    const environment = parsed?.kind === 'agent' ? this.files.get(environmentFile(parsed.name)) : undefined;
    const taken = [...this.sessions.values()].some((session) => session.name === parsed?.name && session.agent !== parsed.name);
    const hint = /^MOSAIC_MODEL_HINT="(fails|exits-\d+)"/m.exec(environment?.text ?? '')?.[1] ?? '';
    if (this.breaking.has(unit) || hint === 'fails' || (parsed?.kind === 'agent' && (environment === undefined || taken))) {
      const ended = { result: 'exit-code', exit: { how: 'exited', status: 1 } } as const;
      this.runs.set(unit, { active: 'failed', sub: 'failed', invocation: '', restarts, ended, since: this.#now() });
      return 'failed';
    }
    const dies = hint === '' ? {} : { dies: Number(hint.slice('exits-'.length)) };
    const run = { active: 'active', sub: 'running', invocation: this.#random.hex(32), restarts, since: this.#now(), ...dies };
    this.runs.set(unit, run);
    const fragment = this.#load(unit);
    if (parsed?.kind === 'holder') this.#hold(fragment, run.invocation);
    if (parsed?.kind === 'agent') this.#launch(parsed.name, unit, environment?.text ?? '', fragment, run.invocation);
    if (parsed?.kind === 'connector') this.#serve(parsed.name, unit, run.invocation);
    return 'done';
  }

  /** As the bridge does: it says what it runs with, and that it is well. */
  #serve(fleet: string, unit: string, invocation: string): void {
    const spec: unknown = JSON.parse(this.files.get(connectorFile(fleet))?.text ?? 'null');
    if (!isConnectorSpec(spec)) return;
    const { config, kind } = spec;
    this.records.set(unit, { invocation, config, units: config, fleet: '', class: '', session: '', kind });
    const waiting = { inbound: 0, outbound: 0 };
    this.connectors.set(fleet, { invocation, kind, fresh: true, healthy: true, problems: [], waiting });
  }

  #hold(fragment: string, invocation: string): void {
    this.addSession('_holder');
    const digest = firstDigest(fragment) ?? digestOfText(fragment);
    this.#record(holderUnit, digest, digest, invocation);
  }

  #launch(agent: string, unit: string, environment: string, fragment: string, invocation: string): void {
    for (const session of [...this.sessions.values()]) if (session.agent === agent) this.sessions.delete(session.id);
    const end = this.ends.get(agent);
    if (end?.next === '') this.ends.set(agent, { ...end, next: invocation });
    else this.ends.delete(agent);
    const session = this.addSession(agent, { agent, incarnation: invocation });
    this.completed.delete(agent);
    const config = /^MOSAIC_CONFIG="?(sha256:[0-9a-f]{64})/m.exec(environment)?.[1];
    const record = this.#record(
      unit,
      isDigest(config) ? config : digestOfText(environment),
      firstDigest(fragment) ?? digestOfText(fragment),
      invocation,
    );
    const value = (name: string): string => new RegExp(`^${name}="?([^"\n]*)`, 'm').exec(environment)?.[1] ?? '';
    const role = value('MOSAIC_ROLE_DIGEST');
    const more = { ...(isDigest(role) ? { role } : {}), fleet: value('MOSAIC_FLEET'), class: value('MOSAIC_CLASS'), session };
    this.records.set(unit, { ...record, ...more });
  }

  #record(unit: string, config: Digest, units: Digest, invocation: string): StartRecord {
    const record = { invocation, config, units, fleet: '', class: '', session: '' };
    this.records.set(unit, unit === holderUnit ? { ...record, session: '$0', socket: `/run/tmux/${this.socket}` } : record);
    return record;
  }

  #end(unit: string, active: 'inactive' | 'failed', ended: NonNullable<Run['ended']> = {}): void {
    const run = this.runs.get(unit);
    if (run === undefined) return;
    const agent = parseUnit(unit)?.kind === 'agent' ? parseUnit(unit)?.name : undefined;
    for (const session of [...this.sessions.values()]) {
      if (session.agent === agent && session.incarnation === run.invocation) this.sessions.delete(session.id);
    }
    if (unit === holderUnit) {
      this.server = false;
      this.sessions.clear();
    }
    this.#writeDown(unit, ended);
    this.records.delete(unit);
    if (active === 'inactive') this.runs.delete(unit);
    else this.runs.set(unit, { ...run, active, sub: active, invocation: '', ended, since: this.#now() });
  }

  #writeDown(unit: string, { result = 'success', exit = { how: 'killed', status: 15 } }: NonNullable<Run['ended']>): void {
    const invocation = this.runs.get(unit)?.invocation ?? '';
    const { kind, name = '' } = parseUnit(unit) ?? {};
    if (kind === 'agent' && invocation !== '')
      this.ends.set(name, { invocation, next: '', result, exit, at: new Date(this.#now()).toISOString() });
  }

  #await(unit: string): void {
    const run = this.runs.get(unit);
    if (run === undefined) return;
    this.#writeDown(unit, { result: 'exit-code', exit: { how: 'exited', status: 70 } });
    this.runs.set(unit, {
      active: 'activating',
      sub: 'auto-restart',
      invocation: '',
      restarts: run.restarts + 1,
      since: this.#now(),
    });
    this.records.delete(unit);
  }

  #running(): string[] {
    return [...this.runs].filter(([, run]) => run.active === 'active').map(([unit]) => unit);
  }

  #unitOf(session: ObservedSession): string | null {
    const unit = `mosaic-agent@${session.agent}.service`;
    return this.runs.get(unit)?.invocation === session.incarnation ? unit : null;
  }

  #enablement(unit: string): string {
    if (this.masked.has(unit)) return 'masked';
    if (this.enabled.has(unit)) return 'enabled';
    return this.enabledAtRuntime.has(unit) ? 'enabled-runtime' : 'disabled';
  }

  /** Key of the unit file that stands for the unit; an own file has no key. */
  #fragment(unit: string): FileKey | 'own' | null {
    if (this.ownFiles.has(unit)) return 'own';
    const kind = parseUnit(unit)?.kind;
    if (kind === undefined) return null;
    const key = unitFile(kind === 'holder' ? holderUnit : kind === 'agent' ? agentTemplate : connectorTemplate);
    return this.files.has(key) ? key : null;
  }

  /** Text of the unit file as of the last reload, or of now where the manager had not read it. */
  #load(unit: string): string {
    const key = this.#fragment(unit);
    if (key === null || key === 'own') return '';
    const text = this.#loaded.get(key) ?? this.files.get(key)?.text ?? '';
    this.#loaded.set(key, text);
    return text;
  }
}

const isDigest = (text: string | undefined): text is Digest => text?.startsWith('sha256:') ?? false;

const firstDigest = (text: string): Digest | undefined => {
  const found = /sha256:[0-9a-f]{64}/.exec(text)?.[0];
  return isDigest(found) ? found : undefined;
};
