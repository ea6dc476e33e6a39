import { markerOf, startRoleOf } from '../../src/host/marker.ts';
import { placeOf } from '../../src/host/roots.ts';
import type { Suspension } from '../../src/model/controller.ts';
import type { FileContent } from '../../src/model/desired.ts';
import { digestOfFile } from '../../src/model/digest.ts';
import {
  agentTemplate,
  connectorOf,
  connectorTemplate,
  controllerUnit,
  type FileKey,
  fleetToldBy,
  holderUnit,
  isName,
  parseUnit,
} from '../../src/model/names.ts';
import type { HostFacts } from '../../src/model/observation.ts';
import { type HostReaders, type HostWriters, type JobResult, PortError } from '../../src/model/ports.ts';
import { Machine } from './machine.ts';
import { type Random, seeded } from './random.ts';

export type Source =
  | 'units.list'
  | 'units.details'
  | 'units.environment'
  | 'sessions.list'
  | 'files.list'
  | 'files.records'
  | 'files.completed'
  | 'files.connectors'
  | 'files.find'
  | 'linger.get'
  | 'state.admitted'
  | 'state.suspensions';

export type Deed =
  | 'start'
  | 'stop'
  | 'restart'
  | 'reset-failed'
  | 'enable'
  | 'disable'
  | 'reload'
  | 'kill-session'
  | 'write'
  | 'remove'
  | 'linger'
  | 'record'
  | 'suspend'
  | 'resume';

/** One call to a writer. `target` is the unit, the file key, the session, or empty. */
export interface JournalEntry {
  readonly deed: Deed;
  readonly target: string;
}

export interface Fault extends Partial<JournalEntry> {
  /** What the caller gets to hear; only start, stop and restart have job results. */
  readonly answer: JobResult | PortError;
  /** The deed is done all the same. Default: it is not, and a failed start leaves a failed unit. */
  readonly done?: boolean;
  /** How often. Default: once. */
  readonly times?: number;
}

export interface FakeHostOptions {
  readonly facts?: Partial<HostFacts>;
  /** Of ids, and of the order in which calls that are under way together come about. Default 1. */
  readonly seed?: number;
  /** Environment of the user manager. */
  readonly environment?: Readonly<Record<string, string>>;
  /** By which suspensions expire, and units count the time. Default: the clock. */
  readonly now?: () => Date;
}

/** A host in memory behind the real ports, and what happens to it besides Muster: `machine`. */
export interface FakeHost {
  readonly facts: HostFacts;
  readonly readers: HostReaders;
  readonly writers: HostWriters;
  readonly machine: Machine;
  /** Every call to a writer that came through, in order. */
  readonly journal: readonly JournalEntry[];
  /** Programs that are on no PATH; every other is. */
  readonly missingPrograms: Set<string>;
  /** Makes a source unreadable, for this reason; `null` makes it readable again. */
  hide(source: Source, why: string | null): void;
  /** Lets writes that match fail. */
  fault(fault: Fault): void;
  /** Takes all faults away that have not come about yet. */
  heal(): void;
  /** Called before each write; what it throws is what the caller gets. */
  onWrite: ((entry: JournalEntry) => void) | null;
  /** Called after each write that came through, also one that was given up meanwhile. */
  onWritten: ((entry: JournalEntry) => void) | null;
  /** Milliseconds that a write takes; jobs of units are under way meanwhile. */
  delay: ((entry: JournalEntry) => number) | null;
  /** Who has the writer lock; setting it is another process taking it. */
  lockedBy: string | null;
  /** Takes the writer lock away, as a bus that goes down does. */
  loseLock(): void;
  /** Another connection, with the lock. */
  regainLock(): void;
}

export function fakeHost(options: FakeHostOptions = {}): FakeHost {
  const random = seeded(options.seed ?? 1);
  const now = options.now ?? (() => new Date());
  const machine = new Machine(random, () => now().getTime());
  const hidden = new Map<Source, string>();
  const faults: { fault: Fault; left: number }[] = [];
  const journal: JournalEntry[] = [];
  let loss = new AbortController();
  const lock: HostWriters['lock'] = {
    acquire,
    get lost() {
      return loss.signal;
    },
  };
  const host: FakeHost = {
    facts: { ...defaultFacts, ...options.facts },
    machine,
    journal,
    missingPrograms: new Set(),
    hide: (source, why) => (why === null ? hidden.delete(source) : hidden.set(source, why)),
    fault: (fault) => faults.push({ fault, left: fault.times ?? 1 }),
    heal: () => faults.splice(0),
    onWrite: null,
    onWritten: null,
    delay: null,
    lockedBy: null,
    loseLock: () => {
      host.lockedBy = null;
      loss.abort('the bus is gone');
    },
    regainLock: () => {
      if (loss.signal.aborted) loss = new AbortController();
    },
    readers: readers(machine, look, options.environment ?? { PATH: '/usr/bin:/bin' }, () => host.missingPrograms, now),
    writers: writers(machine, perform, lock, now),
  };
  return host;

  async function look<Value>(source: Source, read: () => Value): Promise<Value> {
    await turns(random);
    const why = hidden.get(source);
    if (why !== undefined) throw new PortError('unavailable', why);
    return structuredClone(read());
  }

  async function perform(deed: Deed, target: string, act: () => JobResult | undefined): Promise<JobResult> {
    await turns(random);
    host.onWrite?.({ deed, target });
    const scripted = faults.find(({ fault, left }) => left > 0 && matches(fault, { deed, target }));
    journal.push({ deed, target });
    if (scripted === undefined) return inTime({ deed, target }, act);
    scripted.left -= 1;
    if (scripted.fault.done) act();
    else if (deed === 'start' || deed === 'restart') fail(machine, target);
    if (scripted.fault.answer instanceof PortError) throw scripted.fault.answer;
    return scripted.fault.answer;
  }

  async function inTime(entry: JournalEntry, act: () => JobResult | undefined): Promise<JobResult> {
    const ms = host.delay?.(entry) ?? 0;
    let isOn = (): boolean => true;
    if (ms > 0) {
      if (entry.deed === 'start' || entry.deed === 'restart') startable(machine, entry.target);
      if (entry.deed === 'start') isOn = machine.begin(entry.target, 'activating');
      if (entry.deed === 'stop' || entry.deed === 'restart') isOn = machine.begin(entry.target, 'deactivating');
      await new Promise((resolve) => setTimeout(resolve, ms));
    }
    const result = isOn() ? (act() ?? 'done') : 'canceled';
    host.onWritten?.(entry);
    return result;
  }

  async function acquire(purpose: string) {
    await turns(random);
    if (host.lockedBy !== null) return { heldBy: host.lockedBy };
    host.lockedBy = `this process (${purpose})`;
    return {
      release: async () => {
        host.lockedBy = null;
      },
    };
  }
}

const defaultFacts: HostFacts = {
  host: 'fake',
  tenant: 'tester',
  home: '/home/tester',
  mosaicHome: '/home/tester/.config/mosaic',
  stateDir: '/home/tester/.local/state/mosaic/0',
  launcher: ['/usr/bin/node', '/opt/muster/dist/main.js'],
};

/** Lets calls that are under way together come about in any order. */
async function turns(random: Random): Promise<void> {
  for (let turn = random.below(4); turn > 0; turn -= 1) await Promise.resolve();
}

const matches = (fault: Fault, entry: JournalEntry): boolean =>
  (fault.deed ?? entry.deed) === entry.deed && (fault.target ?? entry.target) === entry.target;

function fail(machine: Machine, unit: string): void {
  machine.stop(unit);
  machine.runs.set(unit, { active: 'failed', sub: 'failed', invocation: '', restarts: 0 });
}

type Look = <Value>(source: Source, read: () => Value) => Promise<Value>;

function readers(
  machine: Machine,
  look: Look,
  environment: Readonly<Record<string, string>>,
  missing: () => ReadonlySet<string>,
  now: () => Date,
): HostReaders {
  return {
    units: {
      list: () => look('units.list', () => Object.fromEntries(machine.names().map((unit) => [unit, machine.observed(unit)]))),
      details: (units) => look('units.details', () => Object.fromEntries(units.flatMap((unit) => detail(machine, unit)))),
      needsReload: () => look('units.list', () => machine.isStale()),
      environment: () => look('units.environment', () => environment),
    },
    sessions: {
      list: (socket) =>
        look('sessions.list', () => {
          const server = machine.server && (socket === machine.socket || socket === `/run/tmux/${machine.socket}`);
          return { socket, server, sessions: server ? [...machine.sessions.values()] : [] };
        }),
    },
    files: {
      list: (also) => look('files.list', () => listFiles(machine, also)),
      read: (key) => look('files.list', () => machine.files.get(known(key)) ?? null),
      records: () => look('files.records', () => Object.fromEntries(machine.records)),
      connectors: () => look('files.connectors', () => Object.fromEntries(machine.connectors)),
      ends: (agents) =>
        look('files.records', () =>
          Object.fromEntries(agents.flatMap((agent) => (machine.ends.has(agent) ? [[agent, machine.ends.get(agent)]] : []))),
        ) as ReturnType<HostReaders['files']['ends']>,
      completed: () => look('files.completed', () => Object.fromEntries(machine.completed)),
      find: (programs) =>
        look('files.find', () => {
          const find = (command: string) => (command.startsWith('/') ? command : `/usr/bin/${command}`);
          const entries = Object.entries(programs).map(([key, { command }]) => [
            key,
            missing().has(command) ? null : find(command),
          ]);
          return Object.fromEntries(entries) as Record<string, string | null>;
        }),
    },
    linger: { get: () => look('linger.get', () => machine.linger) },
    state: {
      admitted: () => look('state.admitted', () => machine.admitted),
      suspensions: () => look('state.suspensions', () => inForce(machine, now())),
    },
  };
}

function detail(machine: Machine, unit: string) {
  const told = machine.detail(unit);
  return told === null ? [] : [[unit, told] as const];
}

function listFiles(machine: Machine, also: readonly FileKey[]) {
  for (const key of also) placeOf(key, { unitDir: '/units', fleetDir: '/fleet' });
  const keys = [...machine.files.keys()].filter((key) => isOursByName(key) || also.includes(key)).sort();
  return Object.fromEntries(keys.map((key) => [key, observeFile(key, machine.files.get(key) ?? { text: '', mode: 0 })]));
}

const observeFile = (key: FileKey, { text, mode }: FileContent) => ({
  digest: digestOfFile(text, mode),
  ...markerOf(key, text),
  ...startRoleOf(key, text),
});

function isOursByName(key: FileKey): boolean {
  const own = /^agents\/(.*)\.env$/.exec(key)?.[1] ?? fleetToldBy(key) ?? connectorOf(key);
  if (own !== null) return isName(own);
  const [unit, dropIn] = [/^units\/([^/]+)$/.exec(key)?.[1], /^units\/([^/]+)\.d\/muster\.conf$/.exec(key)?.[1]];
  if (unit !== undefined) return [agentTemplate, connectorTemplate, holderUnit, controllerUnit].includes(unit);
  return dropIn !== undefined && isName(parseUnit(dropIn)?.name ?? '');
}

type Perform = (deed: Deed, target: string, act: () => JobResult | undefined) => Promise<JobResult>;

function writers(machine: Machine, perform: Perform, lock: HostWriters['lock'], now: () => Date): HostWriters {
  const done = async (deed: Deed, target: string, act: () => void): Promise<void> => {
    await perform(deed, target, () => {
      act();
      return undefined;
    });
  };
  return {
    units: {
      start: (unit) => perform('start', unit, () => startable(machine, unit).start(unit)),
      restart: (unit) => perform('restart', unit, () => startable(machine, unit).restart(unit)),
      stop: (unit) => perform('stop', unit, () => machine.stop(unit)),
      resetFailed: (unit) => done('reset-failed', unit, () => machine.resetFailed(unit)),
      enable: (units) => each(units, (unit) => done('enable', unit, () => void startable(machine, unit).enabled.add(unit))),
      disable: (units) =>
        each(units, (unit) =>
          done('disable', unit, () => {
            machine.enabled.delete(unit);
            machine.enabledAtRuntime.delete(unit);
          }),
        ),
      reload: () => done('reload', '', () => machine.reload()),
      unasked: () => [...machine.runs].flatMap(([unit, { restarts }]) => (restarts > 0 ? [unit] : [])),
    },
    sessions: { kill: (_socket, session) => done('kill-session', session.id, () => machine.killTagged(session)) },
    files: {
      write: (key, content) => done('write', key, () => void machine.files.set(known(key), content)),
      remove: (key) => done('remove', key, () => void machine.files.delete(known(key))),
    },
    linger: {
      enable: () =>
        done('linger', '', () => {
          machine.linger = true;
        }),
    },
    state: {
      recordAdmitted: (record) =>
        done('record', '', () => {
          machine.admitted = record;
        }),
    },
    suspensions: {
      suspend: (suspension) =>
        done('suspend', targetOf(suspension), () => {
          if (!isName(suspension.name)) throw new PortError('refused', `${suspension.name} is no name`);
          if (isPast(suspension, now())) throw new PortError('refused', `${suspension.until} is past`);
          machine.suspensions.set(targetOf(suspension), suspension);
        }),
      resume: async (kind, name) => {
        const target = targetOf({ kind, name });
        let was = false;
        await done('resume', target, () => {
          if (!isName(name)) throw new PortError('refused', `${name} is no name`);
          was = inForce(machine, now()).some((one) => targetOf(one) === target);
          machine.suspensions.delete(target);
        });
        return was;
      },
    },
    lock,
  };
}

const targetOf = ({ kind, name }: Pick<Suspension, 'kind' | 'name'>): string => `${kind} ${name}`;

const isPast = ({ until }: Suspension, now: Date): boolean => until !== null && Date.parse(until) <= now.getTime();

const inForce = (machine: Machine, now: Date): Suspension[] =>
  [...machine.suspensions]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, suspension]) => (isPast(suspension, now) ? [] : suspension));

function startable(machine: Machine, unit: string): Machine {
  if (machine.masked.has(unit)) throw new PortError('refused', `${unit} is masked`);
  if (!machine.knows(unit)) throw new PortError('failed', `there is no unit file for ${unit}`);
  return machine;
}

async function each(units: readonly string[], act: (unit: string) => Promise<void>): Promise<void> {
  for (const unit of units) await act(unit);
}

/** Refuses what the real files refuse. */
function known(key: FileKey): FileKey {
  placeOf(key, { unitDir: '/units', fleetDir: '/fleet' });
  return key;
}
