import type { Desired } from '../../src/model/desired.ts';
import type { Digest } from '../../src/model/digest.ts';
import { known } from '../../src/model/known.ts';
import { environmentFile, type FileKey, holderUnit, ownerOf, parseUnit } from '../../src/model/names.ts';
import type {
  AdmittedRecord,
  HostFacts,
  Observation,
  ObservedFile,
  ObservedSession,
  ObservedUnit,
  StartRecord,
} from '../../src/model/observation.ts';
import type { SimulationStart } from '../../src/plan/simulate-start.ts';

/** Everything on a host, as its drivers would report it. */
export interface Host {
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

export const nextId = (host: Host): string => `$${++host.lastSession}`;

export function hostOn(before: Desired, desired: Desired): Host {
  const host: Host = {
    units: {},
    records: {},
    sessions: [],
    files: Object.fromEntries(Object.entries(before.state.files).map(([key, digest]) => [key, fileOf(key, digest, before)])),
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

/** As it is written for what was desired then. */
function fileOf(key: FileKey, digest: Digest, { agents }: Desired): ObservedFile {
  const agent = agents.get(ownerOf(key) ?? '');
  if (agent === undefined || key !== environmentFile(agent.name)) return { digest, ours: true };
  return { digest, ours: true, role: { fleet: agent.fleet, class: agent.class } };
}

export const rawUnit = (
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

export const recordOf = (invocation: string, config: Digest, units: Digest, fleet: string, className: string): StartRecord => ({
  invocation,
  config,
  units,
  fleet,
  class: className,
  session: '$1',
});

export const sessionOf = (id: string, agent: string, incarnation: string): ObservedSession => ({
  id,
  name: agent,
  agent,
  incarnation,
  alive: true,
  pid: 1,
  created: 1,
});
export const facts: HostFacts = {
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
  fleets: Object.fromEntries(
    last.fleets.map(({ name }) => [name, [...last.agents.values()].filter((one) => one.fleet === name).map((one) => one.name)]),
  ),
  state: last.state,
  at: '2026-01-01T00:00:00Z',
});

export function observationOf(host: Host, last: Desired | null): Observation {
  return {
    format_version: '1.0',
    facts,
    linger: known(host.linger),
    files: known(host.files),
    units: known(host.units),
    tmux: known({ socket: 'mosaic', server: host.server, sessions: host.sessions }),
    records: known(host.records),
    stale: known(false),
    completed: known(host.completed),
    programs: known(host.programs),
    admitted: known(last === null ? null : admittedRecord(last)),
  };
}

/** What would be seen of the host after a plan: what the plan left alone is as it was. */
export function seenAfter(seen: Observation, start: SimulationStart, end: SimulationStart, desired: Desired): Observation {
  const oldUnits = seen.units.known ? seen.units.value : {};
  const units: Record<string, ObservedUnit> = {};
  const records: Record<string, StartRecord> = { ...(seen.records.known ? seen.records.value : {}) };
  let sessions = seen.tmux.known ? [...seen.tmux.value.sessions] : [];
  for (const [unit, state] of end.units) {
    const old = start.units.get(unit);
    const name = parseUnit(unit)?.name ?? '';
    const was = oldUnits[unit] ?? rawUnit('inactive', 'disabled', '');
    const enablement = old?.enabled === state.enabled ? was.enablement : state.enabled ? 'enabled' : 'disabled';
    const isAgent = parseUnit(unit)?.kind === 'agent';
    const gained = isAgent && state.session && old?.session !== true;
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
  const files = [...end.files].map(([key, digest]) => {
    const old = oldFiles[key];
    return [key, old?.digest === digest ? old : fileOf(key, digest, desired)] as const;
  });
  const left = sessions.filter((session) => !start.orphans.has(session.id) || end.orphans.has(session.id));
  const server = (seen.tmux.known && seen.tmux.value.server) || end.units.get(holderUnit)?.live === true;
  return {
    ...seen,
    linger: seen.linger.known ? known(end.linger) : seen.linger,
    files: seen.files.known ? known(Object.fromEntries(files)) : seen.files,
    units: seen.units.known ? known(units) : seen.units,
    tmux: seen.tmux.known ? known({ ...seen.tmux.value, server, sessions: left }) : seen.tmux,
    records: seen.records.known ? known(records) : seen.records,
  };
}
