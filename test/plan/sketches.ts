import type { Desired, DesiredAgent, DesiredConnector, FileContent } from '../../src/model/desired.ts';
import { type Digest, digestOfJson, digestOfText } from '../../src/model/digest.ts';
import type { HostState, UnitState } from '../../src/model/host-state.ts';
import {
  agentDropIn,
  agentTemplate,
  agentUnit,
  connectorFile,
  connectorTemplate,
  connectorUnit,
  environmentFile,
  type FileKey,
  fleetFile,
  holderUnit,
  launcherFile,
  roleFile,
  supervisorFile,
  unitFile,
} from '../../src/model/names.ts';
import { collect } from '../../src/model/section.ts';
import type { SimulationStart, SimulationUnit } from '../../src/plan/simulate-start.ts';

/** A fleet in few words; `connector` gives it a connector with a unit of its own, in that configuration. */
export interface FleetSketch {
  readonly name: string;
  readonly waived?: boolean;
  readonly connector?: number;
  /** What its agents are told of it; default: always the same. */
  readonly told?: string;
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
    if (fleet.agents.length > 0) files.set(fleetFile(fleet.name), { text: `fleet ${fleet.told ?? ''}`, mode: 0o644 });
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
    files.set(connectorFile(fleet.name), { text: `connector ${config}`, mode: 0o600 });
  }
  const holder = digestOfText(`holder ${shared.holder}`);
  if (agents.size > 0) {
    for (const [key, text] of sharedFiles(shared)) files.set(key, { text, mode: 0o644 });
    units.set(holderUnit, { enabled: true, active: true, config: holder });
  }
  const state = {
    linger: agents.size > 0,
    files: sorted([...files].map(([key, { text }]) => [key, digestOfText(text)])),
    units: sorted(units),
    sessions: sorted([...agents.values()].filter(({ running }) => running).map(({ name }): [string, true] => [name, true])),
  };
  return {
    state,
    sections: sectionsOf(state),
    files,
    agents,
    agentsByUnit: new Map([...agents.values()].map((agent) => [agentUnit(agent.name), agent])),
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

const sectionsOf = ({ files, units, sessions }: HostState): Desired['sections'] => ({
  files: collect(Object.keys(files).sort(), (key) => files[key]),
  units: collect(Object.keys(units).sort(), (key) => units[key]),
  sessions: collect(Object.keys(sessions).sort(), (key) => sessions[key]),
});

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
    files: [environmentFile(sketch.name), roleFile(sketch.class), fleetFile(fleet), agentDropIn(sketch.name)],
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

export const nothing: SimulationStart = { units: new Map(), files: new Map(), orphans: new Map(), linger: false };

/** A host on which everything is as desired. */
export function convergedOn(desired: Desired): SimulationStart {
  const entries = Object.entries(desired.state.units).map(([unit, state]) => [unit, unitOf(desired, unit, state)] as const);
  return {
    units: new Map(entries),
    files: new Map(Object.entries(desired.state.files)),
    orphans: new Map(),
    linger: desired.state.linger,
  };
}

function unitOf(desired: Desired, unit: string, state: UnitState): SimulationUnit {
  const agent = [...desired.agents.values()].find(({ name }) => agentUnit(name) === unit);
  const running: { class: string | null; fleet: string | null; config: Digest | null } = state.active
    ? { class: agent?.class ?? null, fleet: agent?.fleet ?? null, config: state.config }
    : { class: null, fleet: null, config: null };
  const session = state.active && (unit === holderUnit || agent !== undefined);
  return { enabled: state.enabled, live: state.active, session, ...running };
}
