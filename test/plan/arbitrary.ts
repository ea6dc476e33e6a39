import fc from 'fast-check';
import type { Desired, DesiredAgent, DesiredConnector, FileContent } from '../../src/model/desired.ts';
import { type Digest, digestOfJson, digestOfText } from '../../src/model/digest.ts';
import type { UnitState } from '../../src/model/host-state.ts';
import { known, unknown } from '../../src/model/known.ts';
import {
  agentDropIn,
  agentTemplate,
  agentUnit,
  connectorTemplate,
  connectorUnit,
  environmentFile,
  type FileKey,
  holderUnit,
  launcherFile,
  parseUnit,
  roleFile,
  supervisorFile,
  unitFile,
} from '../../src/model/names.ts';
import type {
  AdmittedRecord,
  HostFacts,
  Observation,
  ObservedFile,
  ObservedSession,
  ObservedUnit,
  StartRecord,
} from '../../src/model/observation.ts';
import type { SimulationStart, SimulationUnit } from '../../src/plan/simulate-start.ts';

/** A fleet in few words; `connector` gives it a connector with a unit of its own, in that configuration. */
export interface FleetSketch {
  readonly name: string;
  readonly waived?: boolean;
  readonly connector?: number;
  readonly agents: readonly AgentSketch[];
}

export interface AgentSketch {
  readonly name: string;
  readonly class: string;
  /** Two sketches of different `config` need a restart in between. Default 0. */
  readonly config?: number;
  readonly state?: 'running' | 'stopped';
  /** Default: as `state`. */
  readonly enabled?: boolean;
  readonly lifecycle?: 'core' | 'ephemeral';
  readonly onChange?: 'restart' | 'next-start';
}

/** Version of what all agents share: the unit template, and the holder. */
export interface Shared {
  readonly units: number;
  readonly holder: number;
}

export function desiredOf(fleets: readonly FleetSketch[], shared: Shared = { units: 0, holder: 0 }): Desired {
  const files = new Map<FileKey, FileContent>();
  const units = new Map<string, UnitState>();
  const agents = new Map<string, DesiredAgent>();
  const connectors = new Map<string, DesiredConnector>();
  for (const fleet of fleets) {
    for (const sketch of fleet.agents) {
      const agent = agentOf(fleet.name, sketch);
      agents.set(agent.name, agent);
      for (const [key, text] of agentFiles(agent)) files.set(key, { text, mode: 0o600 });
      const enabled = agent.running && agent.lifecycle === 'core' && (sketch.enabled ?? true);
      units.set(agentUnit(agent.name), { enabled, active: agent.running, config: agent.running ? agent.config : null });
    }
    if (fleet.connector === undefined) continue;
    const config = digestOfJson({ connector: fleet.connector });
    connectors.set(fleet.name, { fleet: fleet.name, kind: 'matrix', config });
    units.set(connectorUnit(fleet.name), { enabled: true, active: true, config });
    files.set(unitFile(connectorTemplate), { text: '# connector', mode: 0o644 });
  }
  const holder = digestOfText(`holder ${shared.holder}`);
  if (agents.size > 0) {
    for (const [key, text] of sharedFiles(shared)) files.set(key, { text, mode: 0o644 });
    units.set(holderUnit, { enabled: true, active: true, config: holder });
  }
  return {
    state: {
      linger: agents.size > 0,
      files: sorted([...files].map(([key, { text }]) => [key, digestOfText(text)])),
      units: sorted(units),
      sessions: sorted([...agents.values()].filter(({ running }) => running).map(({ name }) => [name, true])),
    },
    files,
    agents,
    connectors,
    fleets: fleets.map(({ name, waived, connector }) => ({
      name,
      profile: waived === true ? 'minimal' : null,
      waived: waived ?? false,
      connector: connector === undefined ? 'tmux' : 'matrix',
      file: `rosters/${name}.yaml`,
    })),
    tmux: { socket: 'mosaic', holderSession: '_holder' },
    units: digestOfText(`agent ${shared.units}`),
    holder,
  };
}

const sorted = <T>(entries: Iterable<readonly [string, T]>): Record<string, T> =>
  Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));

function agentOf(fleet: string, sketch: AgentSketch): DesiredAgent {
  const lifecycle = sketch.lifecycle ?? 'core';
  return {
    name: sketch.name,
    fleet,
    class: sketch.class,
    runtime: 'stub',
    program: { command: 'muster', path: null },
    lifecycle,
    onChange: sketch.onChange ?? 'restart',
    running: (sketch.state ?? 'running') === 'running',
    files: [environmentFile(sketch.name), roleFile(sketch.class), agentDropIn(sketch.name)],
    config: digestOfJson({ fleet, class: sketch.class, lifecycle, config: sketch.config ?? 0 }),
    place: { file: `rosters/${fleet}.yaml`, line: 1, column: 1 },
  };
}

const agentFiles = (agent: DesiredAgent): readonly (readonly [FileKey, string])[] => [
  [environmentFile(agent.name), `environment ${agent.config}`],
  [roleFile(agent.class), `role ${agent.class}`],
  ...(agent.lifecycle === 'ephemeral' ? [[agentDropIn(agent.name), 'Restart=on-failure'] as const] : []),
];

const sharedFiles = ({ units, holder }: Shared): readonly (readonly [FileKey, string])[] => [
  [unitFile(agentTemplate), `agent ${units}`],
  [unitFile(holderUnit), `holder ${holder}`],
  [supervisorFile, `supervisor ${units}`],
  [launcherFile, 'launcher'],
];

export const nothing: SimulationStart = { units: {}, files: {}, sessions: {}, linger: false };

/** A host on which everything is as desired. */
export function convergedOn(desired: Desired): SimulationStart {
  const entries = Object.entries(desired.state.units).map(([unit, state]) => [unit, unitOf(desired, unit, state)] as const);
  const holder = desired.state.units[holderUnit] === undefined ? {} : { [desired.tmux.holderSession]: true as const };
  return {
    units: Object.fromEntries(entries),
    files: desired.state.files,
    sessions: { ...desired.state.sessions, ...holder },
    linger: desired.state.linger,
  };
}

function unitOf(desired: Desired, unit: string, state: UnitState): SimulationUnit {
  const agent = [...desired.agents.values()].find(({ name }) => agentUnit(name) === unit);
  const running: { class: string | null; fleet: string | null; config: Digest | null } = state.active
    ? { class: agent?.class ?? null, fleet: agent?.fleet ?? null, config: state.config }
    : { class: null, fleet: null, config: null };
  return { enabled: state.enabled, live: state.active, ...running };
}

/** A host that may be nothing like what was desired of it, and what is desired of it now. */
export interface World {
  readonly before: Desired;
  readonly desired: Desired;
  /** All that is true of the host. */
  readonly truth: Observation;
  /** What was read of it. */
  readonly seen: Observation;
  readonly adopt: boolean;
  readonly [fc.toStringMethod]: () => string;
}

const agentNames = ['a0', 'a1', 'a2', 'a3', 'a4', 'a5', 'a6', 'a7'];
/** By number; 0 is no fleet at all, so that examples shrink to few agents. */
const fleetNames = ['', 'f1', 'f2', 'f3'];
const classNames = ['implementer', 'enhancer', 'orchestrator'];

interface AgentDraft {
  readonly fleet: number;
  readonly class: number;
  readonly config: number;
  readonly stopped: boolean;
  readonly disabled: boolean;
  readonly ephemeral: boolean;
  readonly nextStart: boolean;
}

const seldom = fc.integer({ min: 0, max: 9 }).map((number) => number === 9);

const agentDraft: fc.Arbitrary<AgentDraft> = fc.record({
  fleet: fc.integer({ min: 0, max: fleetNames.length - 1 }),
  class: fc.integer({ min: 0, max: classNames.length - 1 }),
  config: fc.integer({ min: 0, max: 1 }),
  stopped: seldom,
  disabled: seldom,
  ephemeral: seldom,
  nextStart: seldom,
});

const agentDrafts = fc.tuple(...agentNames.map(() => agentDraft));
/** What becomes of each agent: `null` stays as it is. */
const agentChanges = fc.tuple(...agentNames.map(() => fc.option(agentDraft, { freq: 2 })));

/** Fleets as admission lets them through: `spare` names the agents that are added where the floor would lack one. */
function admitted(drafts: readonly AgentDraft[], waived: boolean, connectors: readonly number[], spare: string): FleetSketch[] {
  return fleetNames.flatMap((name, fleet): FleetSketch[] => {
    if (fleet === 0) return [];
    const members = drafts.flatMap((draft, i) => (draft.fleet === fleet ? [sketchOf(agentNames[i] ?? '', draft)] : []));
    if (members.length === 0) return [];
    const mayLack = waived && fleet === 1;
    const agents = withFloor(members, mayLack, `${name}-${spare}`);
    const connector = connectors[fleet] ?? 0;
    const talks = connector > 0 && agents.some((agent) => agent.class === 'orchestrator');
    return [{ name, waived: mayLack, agents, ...(talks ? { connector } : {}) }];
  });
}

const sketchOf = (name: string, draft: AgentDraft): AgentSketch => ({
  name,
  class: classNames[draft.class] ?? 'implementer',
  config: draft.config,
  state: draft.stopped ? 'stopped' : 'running',
  enabled: !draft.disabled && !draft.stopped,
  lifecycle: draft.ephemeral ? 'ephemeral' : 'core',
  onChange: draft.nextStart ? 'next-start' : 'restart',
});

function withFloor(members: readonly AgentSketch[], mayLack: boolean, spare: string): AgentSketch[] {
  const first = members.findIndex((agent) => agent.class === 'orchestrator');
  const agents = members.map((agent, i) => {
    if (agent.class !== 'orchestrator') return agent;
    return i === first ? steadfast(agent) : { ...agent, class: 'implementer' };
  });
  if (mayLack) return agents;
  const enhancer = agents.findIndex((agent) => agent.class === 'enhancer');
  const held = agents.map((agent, i) => (i === enhancer ? steadfast(agent) : agent));
  return [
    ...held,
    ...(first < 0 ? [{ name: `${spare}-o`, class: 'orchestrator' }] : []),
    ...(enhancer < 0 ? [{ name: `${spare}-e`, class: 'enhancer' }] : []),
  ];
}

const steadfast = (agent: AgentSketch): AgentSketch => ({ ...agent, state: 'running', enabled: true, lifecycle: 'core' });

/** What a host may have gone through since it was as desired. */
const mishaps = [
  'disabled',
  'enabled-runtime',
  'stopped',
  'failed',
  'sessionless',
  'pane-dead',
  'auto-restart',
  'activating',
  'deactivating',
  'masked',
  'masked-live',
  'no-record',
  'stale-record',
  'own-file',
  'foreign-session',
  'stale-session',
  'env-missing',
  'env-edited',
  'env-foreign',
  'env-newer',
  'no-program',
  'completed',
  'extra-drop-in',
] as const;
type Mishap = (typeof mishaps)[number];

const strays = [
  'ghost-enabled',
  'orphan-session',
  'live',
  'live-unknown',
  'orchestrator',
  'foreign-session',
  'old-file',
] as const;
const disasters = [
  'none',
  'none',
  'none',
  'none',
  'holder-dead',
  'holder-failed',
  'stray-server',
  'template-missing',
  'template-foreign',
  'new-host',
] as const;
const sources = ['linger', 'files', 'units', 'tmux', 'records', 'completed', 'programs', 'admitted'] as const;

const unreadable: fc.Arbitrary<readonly (typeof sources)[number][]> = fc.oneof(
  { weight: 5, arbitrary: fc.constant([]) },
  { weight: 1, arbitrary: fc.uniqueArray(fc.constantFrom(...sources), { minLength: 1, maxLength: 2 }) },
);

export const world: fc.Arbitrary<World> = fc
  .record({
    drafts: agentDrafts,
    changes: agentChanges,
    waived: seldom,
    connectors: fc.tuple(...fleetNames.map(() => fc.integer({ min: 0, max: 2 }))),
    nextConnectors: fc.tuple(...fleetNames.map(() => fc.integer({ min: 0, max: 2 }))),
    newUnits: seldom,
    newHolder: seldom,
    mishaps: fc.array(fc.tuple(fc.nat({ max: 20 }), fc.constantFrom(...mishaps)), { maxLength: 3 }),
    strays: fc.uniqueArray(fc.constantFrom(...strays), { maxLength: 2 }),
    disaster: fc.constantFrom(...disasters),
    admitted: fc.integer({ min: 0, max: 4 }).map((number) => number > 0),
    adopt: seldom,
    unreadable,
  })
  .map((draft) => {
    const fleets = admitted(draft.drafts, draft.waived, draft.connectors, 'old');
    const before = desiredOf(fleets);
    const after = draft.drafts.map((agent, i) => draft.changes[i] ?? agent);
    const shared = { units: draft.newUnits ? 1 : 0, holder: draft.newHolder ? 1 : 0 };
    const next = admitted(after, draft.waived, draft.nextConnectors, 'new');
    const desired = desiredOf(next, shared);
    const host = hostOn(before, desired);
    for (const [position, mishap] of draft.mishaps) befall(host, before, desired, position, mishap);
    for (const stray of draft.strays) straysIn(host, stray);
    strike(host, draft.disaster);
    const truth = observationOf(host, draft.admitted ? before : null);
    const { mishaps, strays, disaster, unreadable, adopt } = draft;
    const story = {
      from: tell(fleets),
      to: tell(next),
      shared,
      mishaps,
      strays,
      disaster,
      unreadable,
      admitted: draft.admitted,
      adopt,
    };
    return {
      before,
      desired,
      truth,
      seen: blind(truth, unreadable),
      adopt,
      [fc.toStringMethod]: () => JSON.stringify(story, null, 1),
    };
  });

/** Only what is not as usual. */
const tell = (fleets: readonly FleetSketch[]): string[] =>
  fleets.map(({ name, waived, connector, agents }) => {
    const told = agents.map((agent) => {
      const { name: who, class: className, config = 0, state = 'running', lifecycle = 'core', onChange = 'restart' } = agent;
      const odd = [state, agent.enabled === false ? 'disabled' : '', lifecycle, onChange, config > 0 ? `config ${config}` : ''];
      return [who, className, ...odd.filter((word) => !['', 'running', 'core', 'restart'].includes(word))].join(' ');
    });
    return `${name}${waived === true ? ' waived' : ''}${connector === undefined ? '' : ` connector ${connector}`}: ${told.join(', ')}`;
  });

interface Host {
  units: Record<string, ObservedUnit>;
  records: Record<string, StartRecord>;
  sessions: ObservedSession[];
  files: Record<FileKey, ObservedFile>;
  completed: Record<string, Digest>;
  programs: Record<string, string | null>;
  server: boolean;
  linger: boolean;
  lastSession: number;
}

const nextId = (host: Host): string => `$${++host.lastSession}`;

function hostOn(before: Desired, desired: Desired): Host {
  const host: Host = {
    units: {},
    records: {},
    sessions: [],
    files: Object.fromEntries(Object.entries(before.state.files).map(([key, digest]) => [key, { digest, ours: true }])),
    completed: {},
    programs: Object.fromEntries([...before.agents.keys(), ...desired.agents.keys()].map((name) => [name, '/usr/bin/muster'])),
    server: false,
    linger: before.state.linger,
    lastSession: 0,
  };
  for (const [unit, state] of Object.entries(before.state.units)) {
    host.units[unit] = rawUnit(state.active ? 'active' : 'inactive', state.enabled ? 'enabled' : 'disabled', `run-${unit}`);
    if (!state.active) continue;
    const parsed = parseUnit(unit);
    const agent = parsed?.kind === 'agent' ? before.agents.get(parsed.name) : undefined;
    const units = agent === undefined ? before.holder : before.units;
    host.records[unit] = recordOf(`run-${unit}`, state.config ?? before.holder, units, agent?.fleet ?? '', agent?.class ?? '');
    if (parsed?.kind === 'holder') host.server = true;
    if (agent !== undefined) host.sessions.push(sessionOf(nextId(host), agent.name, `run-${unit}`));
  }
  return host;
}

const rawUnit = (
  active: string,
  enablement: string,
  invocation: string,
  sub = active === 'active' ? 'running' : 'dead',
): ObservedUnit => ({
  load: 'loaded',
  active,
  sub,
  enablement,
  invocation: active === 'inactive' || active === 'failed' ? '' : invocation,
});

const recordOf = (invocation: string, config: Digest, units: Digest, fleet: string, className: string): StartRecord => ({
  invocation,
  config,
  units,
  fleet,
  class: className,
  session: '$1',
});

const sessionOf = (id: string, agent: string, incarnation: string): ObservedSession => ({
  id,
  name: agent,
  agent,
  incarnation,
  alive: true,
  pid: 1,
  created: 1,
});

function befall(host: Host, before: Desired, desired: Desired, position: number, mishap: Mishap): void {
  const names = [...new Set([...before.agents.keys(), ...desired.agents.keys()])];
  const name = names[position % Math.max(names.length, 1)];
  if (name === undefined) return;
  const unit = agentUnit(name);
  const raw = host.units[unit];
  const change = (to: Partial<ObservedUnit>): void => {
    if (raw !== undefined) host.units[unit] = { ...raw, ...to };
  };
  const endSession = (): void => {
    host.sessions = host.sessions.filter((session) => session.agent !== name);
  };
  const end = (active: string): void => {
    change({ active, sub: active === 'failed' ? 'failed' : 'dead', invocation: '' });
    endSession();
  };
  const runs = raw?.active === 'active';
  const file = host.files[environmentFile(name)] ?? { digest: digestOfText('of old'), ours: true };
  switch (mishap) {
    case 'disabled':
      change({ enablement: 'disabled' });
      return;
    case 'enabled-runtime':
      change({ enablement: 'enabled-runtime' });
      return;
    case 'stopped':
      end('inactive');
      return;
    case 'failed':
      end('failed');
      return;
    case 'sessionless':
      endSession();
      return;
    case 'pane-dead':
      host.sessions = host.sessions.map((session) => (session.agent === name ? { ...session, alive: false } : session));
      return;
    case 'auto-restart':
      if (runs) change({ active: 'activating', sub: 'auto-restart', invocation: '' });
      endSession();
      return;
    case 'activating':
      if (runs) change({ active: 'activating', sub: 'start' });
      return;
    case 'deactivating':
      if (runs) change({ active: 'deactivating', sub: 'stop-sigterm' });
      return;
    case 'masked':
      host.units[unit] = { ...rawUnit('inactive', 'masked', ''), load: 'masked' };
      endSession();
      return;
    case 'masked-live':
      change({ enablement: 'masked', load: 'masked' });
      return;
    case 'no-record':
      delete host.records[unit];
      return;
    case 'stale-record': {
      const record = host.records[unit];
      if (record !== undefined) host.records[unit] = { ...record, invocation: 'run-of-old' };
      return;
    }
    case 'own-file':
      change({ ownFile: `/home/jason/.config/systemd/user/${unit}` });
      return;
    case 'foreign-session':
      if (host.server && !host.sessions.some((session) => session.name === name))
        host.sessions.push({ ...sessionOf(nextId(host), name, ''), agent: '' });
      return;
    case 'stale-session':
      if (host.server) host.sessions.push({ ...sessionOf(nextId(host), name, 'run-of-old'), name: `${name}-old` });
      return;
    case 'env-missing':
      delete host.files[environmentFile(name)];
      return;
    case 'env-edited':
      host.files[environmentFile(name)] = { ...file, digest: digestOfText('edited') };
      return;
    case 'env-foreign':
      host.files[environmentFile(name)] = { digest: digestOfText('foreign'), ours: false };
      return;
    case 'env-newer':
      host.files[environmentFile(name)] = { digest: digestOfText('newer'), ours: true, format: '2.0' };
      return;
    case 'no-program':
      host.programs[name] = null;
      return;
    case 'completed': {
      const agent = desired.agents.get(name);
      if (agent?.lifecycle !== 'ephemeral') return;
      host.completed[name] = agent.config;
      end('inactive');
      return;
    }
    case 'extra-drop-in':
      host.files[agentDropIn(name)] = { digest: digestOfText('extra'), ours: true };
  }
}

function straysIn(host: Host, stray: (typeof strays)[number]): void {
  const unit = agentUnit('stray');
  switch (stray) {
    case 'ghost-enabled':
      host.units[agentUnit('ghost')] = { ...rawUnit('inactive', 'enabled', ''), load: 'unloaded' };
      return;
    case 'orphan-session':
      if (host.server) host.sessions.push(sessionOf('$90', 'nobody', 'run-of-old'));
      return;
    case 'foreign-session':
      if (host.server) host.sessions.push({ ...sessionOf('$91', 'mine', ''), agent: '' });
      return;
    case 'old-file':
      host.files[environmentFile('left')] = { digest: digestOfText('left'), ours: true };
      host.files['units/mosaic-agent@other.service.d/mine.conf'] = { digest: digestOfText('mine'), ours: false };
      return;
    default:
      if (!host.server) return;
      host.units[unit] = rawUnit('active', 'enabled', 'run-stray');
      host.sessions = [...host.sessions.filter((session) => session.agent !== 'stray'), sessionOf('$92', 'stray', 'run-stray')];
      if (stray === 'live-unknown') return;
      host.records[unit] = recordOf(
        'run-stray',
        digestOfText('stray'),
        digestOfText('agent 0'),
        'f1',
        stray === 'live' ? 'implementer' : 'orchestrator',
      );
  }
}

function strike(host: Host, disaster: (typeof disasters)[number]): void {
  switch (disaster) {
    case 'none':
      return;
    case 'holder-dead':
    case 'holder-failed':
      // Agents require the holder: they go down with it.
      for (const [unit, raw] of Object.entries(host.units)) {
        if (parseUnit(unit)?.kind === 'connector' || raw.active === 'inactive') continue;
        const active = unit === holderUnit && disaster === 'holder-failed' ? 'failed' : 'inactive';
        host.units[unit] = { ...raw, active, sub: 'dead', invocation: '' };
      }
      host.server = false;
      host.sessions = [];
      return;
    case 'stray-server': {
      strike(host, 'holder-dead');
      host.server = true;
      host.sessions = [{ ...sessionOf('$1', 'mine', ''), agent: '' }];
      return;
    }
    case 'template-missing':
      delete host.files[unitFile(agentTemplate)];
      return;
    case 'template-foreign':
      host.files[unitFile(agentTemplate)] = { digest: digestOfText('of a Mosaic host'), ours: false };
      return;
    case 'new-host':
      Object.assign(host, { units: {}, records: {}, sessions: [], files: {}, completed: {}, server: false, linger: false });
  }
}

const facts: HostFacts = {
  host: 'w-jarvis',
  tenant: 'jason',
  home: '/home/jason',
  mosaicHome: '/home/jason/.config/mosaic',
  stateDir: '/home/jason/.local/state/mosaic/1',
  launcher: ['/usr/bin/node', '/usr/lib/muster/main.js'],
};

const admittedRecord = (last: Desired): AdmittedRecord => ({
  format_version: '1.0',
  revision: '0'.repeat(40),
  source: null,
  fleets: Object.fromEntries(last.fleets.map(({ name }) => [name, []])),
  state: last.state,
  at: '2026-01-01T00:00:00Z',
});

function observationOf(host: Host, last: Desired | null): Observation {
  return {
    format_version: '1.0',
    facts,
    linger: known(host.linger),
    files: known(host.files),
    units: known(host.units),
    tmux: known({ socket: 'mosaic', server: host.server, sessions: host.sessions }),
    records: known(host.records),
    completed: known(host.completed),
    programs: known(host.programs),
    admitted: known(last === null ? null : admittedRecord(last)),
  };
}

function blind(truth: Observation, hidden: readonly (typeof sources)[number][]): Observation {
  return { ...truth, ...Object.fromEntries(hidden.map((source) => [source, unknown('it could not be read')])) };
}

/** What would be seen of the host after a plan: what the plan left alone is as it was. */
export function seenAfter(seen: Observation, start: SimulationStart, end: SimulationStart, desired: Desired): Observation {
  const oldUnits = seen.units.known ? seen.units.value : {};
  const units: Record<string, ObservedUnit> = {};
  const records: Record<string, StartRecord> = { ...(seen.records.known ? seen.records.value : {}) };
  let sessions = seen.tmux.known ? [...seen.tmux.value.sessions] : [];
  for (const [unit, state] of Object.entries(end.units)) {
    const old = start.units[unit];
    const name = parseUnit(unit)?.name ?? '';
    const was = oldUnits[unit] ?? rawUnit('inactive', 'disabled', '');
    const enablement = old?.enabled === state.enabled ? was.enablement : state.enabled ? 'enabled' : 'disabled';
    const isAgent = parseUnit(unit)?.kind === 'agent';
    const gained = isAgent && end.sessions[name] === true && start.sessions[name] !== true;
    const changed = old?.live !== true || old.config !== state.config || old.class !== state.class || old.fleet !== state.fleet;
    const started = state.live && (changed || gained);
    const ended = !state.live && state.ending !== true && (old?.live === true || old?.ending === true);
    if (!started && !ended) {
      units[unit] = { ...was, enablement, ...(state.failed === true || was.active !== 'failed' ? {} : { active: 'inactive' }) };
      continue;
    }
    sessions = isAgent
      ? sessions.filter((session) => session.agent !== name || session.incarnation !== was.invocation)
      : sessions;
    if (!started) {
      units[unit] = rawUnit('inactive', enablement, '');
      continue;
    }
    const invocation = `${was.invocation}+${unit}`;
    units[unit] = rawUnit('active', enablement, invocation);
    const from = isAgent ? desired.units : desired.holder;
    records[unit] = recordOf(invocation, state.config ?? desired.holder, from, state.fleet ?? '', state.class ?? '');
    if (isAgent) sessions.push(sessionOf(`$n-${name}-${invocation.length}`, name, invocation));
  }
  const oldFiles = seen.files.known ? seen.files.value : {};
  const files = Object.entries(end.files).map(([key, digest]) => {
    const old = oldFiles[key];
    return [key, old?.digest === digest ? old : { digest, ours: true }] as const;
  });
  const left = sessions.filter((session) => start.orphans?.[session.id] === undefined || end.orphans?.[session.id] !== undefined);
  const server = (seen.tmux.known && seen.tmux.value.server) || end.units[holderUnit]?.live === true;
  return {
    ...seen,
    linger: seen.linger.known ? known(end.linger) : seen.linger,
    files: seen.files.known ? known(Object.fromEntries(files)) : seen.files,
    units: seen.units.known ? known(units) : seen.units,
    tmux: seen.tmux.known ? known({ ...seen.tmux.value, server, sessions: left }) : seen.tmux,
    records: seen.records.known ? known(records) : seen.records,
  };
}
