import type { Desired, DesiredAgent, DesiredConnector, DesiredFleet, FileContent } from '../model/desired.ts';
import { type Digest, digestOfFile, digestOfText } from '../model/digest.ts';
import type { UnitState } from '../model/host-state.ts';
import {
  agentUnit,
  connectorTemplate,
  connectorUnit,
  defaultHolderSession,
  defaultSocket,
  type FileKey,
  fleetFile,
  holderUnit,
  unitFile,
} from '../model/names.ts';
import type { HostFacts } from '../model/observation.ts';
import { onceEach } from '../model/once.ts';
import type { RoleDocument, Roster } from '../model/roster.ts';
import { collect, documentOf, type Section } from '../model/section.ts';
import { roleOf } from '../roster/read.ts';
import { type ComposedRole, composeAgent, composeRole } from './agent.ts';
import { composeConnector, connectorUnitText } from './connector.ts';
import { fleetFacts } from './fleet.ts';
import { sharedFiles, type UnitTemplates } from './units.ts';

export interface DesiredInput {
  /** Admitted rosters that select this host and tenant. */
  readonly rosters: readonly Roster[];
  readonly roles: Readonly<Record<string, RoleDocument>>;
  readonly facts: HostFacts;
  readonly templates: UnitTemplates;
}

/** What the rosters ask of this host. */
export function composeDesired({ rosters, roles, facts, templates }: DesiredInput): Desired {
  const tmux = rosters[0]?.tmux ?? { socket: defaultSocket, holderSession: defaultHolderSession };
  const shared = sharedFiles(templates, facts, tmux);
  const files = new Map<FileKey, FileContent>();
  const agents = new Map<string, DesiredAgent>();
  const units = new Map<string, UnitState>();
  const roleOfClass = composedRoles(roles);
  for (const roster of rosters) {
    if (roster.agents.length > 0) files.set(fleetFile(roster.fleet), fleetFacts(roster));
    for (const [index, agent] of roster.agents.entries()) {
      const composed = composeAgent(roster, index, agent, roleOfClass(agent.class), facts);
      agents.set(agent.name, composed.agent);
      for (const [key, content] of composed.files) files.set(key, content);
      units.set(agentUnit(agent.name), unitState(composed.enabled, composed.agent));
    }
  }
  const connectors = new Map<string, DesiredConnector>();
  const connectorText = connectorUnitText(templates.connector, facts);
  const connectorDigest = digestOfText(connectorText);
  for (const roster of rosters) {
    const composed = composeConnector(roster, connectorDigest);
    if (composed === null) continue;
    connectors.set(roster.fleet, composed.connector);
    for (const [key, content] of composed.files) files.set(key, content);
    units.set(connectorUnit(roster.fleet), { enabled: true, active: true, config: composed.connector.config });
  }
  if (connectors.size > 0) files.set(unitFile(connectorTemplate), { text: connectorText, mode: 0o644 });
  if (agents.size > 0) {
    for (const [key, content] of shared.files) files.set(key, content);
    units.set(holderUnit, { enabled: true, active: true, config: shared.holder });
  }
  const sections = sectionsOf(files, units, agents);
  return {
    state: {
      linger: agents.size > 0,
      files: documentOf(sections.files),
      units: documentOf(sections.units),
      sessions: documentOf(sections.sessions),
    },
    sections,
    files,
    agents,
    agentsByUnit: new Map([...agents.values()].map((agent) => [agentUnit(agent.name), agent])),
    connectors,
    fleets: rosters.map(fleetOf),
    tmux,
    units: shared.units,
    holder: shared.holder,
  };
}

/** Each class is looked up once: a fleet has few, and many agents of one. */
const composedRoles = (roles: DesiredInput['roles']): ((ofClass: string) => ComposedRole) =>
  onceEach((ofClass) => {
    const role = roleOf(roles, ofClass);
    if (role === null) throw new Error(`class ${ofClass} was admitted without a role document`);
    return composeRole(role);
  });

const unitState = (enabled: boolean, { running, config }: DesiredAgent): UnitState => ({
  enabled,
  active: running,
  config: running ? config : null,
});

function sectionsOf(
  files: ReadonlyMap<FileKey, FileContent>,
  units: ReadonlyMap<string, UnitState>,
  agents: ReadonlyMap<string, DesiredAgent>,
): Desired['sections'] {
  const digests = new Map<FileKey, Digest>();
  for (const [key, { text, mode }] of files) digests.set(key, digestOfFile(text, mode));
  const sessions = new Map([...agents.values()].filter(({ running }) => running).map(({ name }) => [name, true as const]));
  return { files: sorted(digests), units: sorted(units), sessions: sorted(sessions) };
}

const sorted = <T>(entries: ReadonlyMap<string, T>): Section<T> => collect([...entries.keys()].sort(), (key) => entries.get(key));

const fleetOf = (roster: Roster): DesiredFleet => ({
  name: roster.fleet,
  profile: roster.profile,
  waived: roster.profile === 'minimal',
  connector: roster.connector.kind,
  file: roster.file,
});
