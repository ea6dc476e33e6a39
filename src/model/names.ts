/** The names by which Muster, systemd, tmux and the file system know the same things. */

/** Agent and fleet names: safe in unit names, tmux targets, file names and shells alike. */
export const namePattern = '^[a-z0-9][a-z0-9-]{0,62}$';
const nameRegExp = new RegExp(namePattern);

export const isName = (text: string): boolean => nameRegExp.test(text);

export const holderUnit = 'mosaic-tmux-holder.service';
export const controllerUnit = 'mosaic-controller.service';
export const agentTemplate = 'mosaic-agent@.service';
export const connectorTemplate = 'mosaic-connector@.service';

export const agentUnit = (name: string): string => `mosaic-agent@${name}.service`;
export const connectorUnit = (fleet: string): string => `mosaic-connector@${fleet}.service`;

/** Environment variable of an agent's pane: the built-in runtime that its own is declared to be like. */
export const likeVariable = 'MOSAIC_RUNTIME_LIKE';

/** Unit name globs that cover everything Muster may own; nothing else is ever asked for. */
export const unitPatterns = ['mosaic-agent@*.service', 'mosaic-connector@*.service', holderUnit] as const;

export type UnitKind = 'agent' | 'connector' | 'holder';

/** What a unit name stands for, or `null` when it is none of ours. `name` is the agent, the fleet, or empty for the holder. */
export function parseUnit(unit: string): { readonly kind: UnitKind; readonly name: string } | null {
  if (unit === holderUnit) return { kind: 'holder', name: '' };
  const agent = between('mosaic-agent@', unit, '.service');
  if (agent !== null) return agent.includes('/') ? null : { kind: 'agent', name: agent };
  const fleet = between('mosaic-connector@', unit, '.service');
  return fleet === null || fleet.includes('/') ? null : { kind: 'connector', name: fleet };
}

/** What stands between the two, if anything does. */
const between = (start: string, text: string, end: string): string | null =>
  text.length > start.length + end.length && text.startsWith(start) && text.endsWith(end)
    ? text.slice(start.length, -end.length)
    : null;

/**
 * A file that Muster writes on a host, relative to its root: `units/…` below the user's unit directory,
 * `agents/…`, `roles/…`, `fleets/…`, `connectors/…` and `bin/…` below `$MOSAIC_HOME/fleet`.
 */
export type FileKey = string;

export const environmentFile = (agent: string): FileKey => `agents/${agent}.env`;
export const roleFile = (role: string): FileKey => `roles/${role}.md`;
/** What the agents of a fleet are told of it. */
export const fleetFile = (fleet: string): FileKey => `fleets/${fleet}.md`;
/** What the connector of a fleet is to be. */
export const connectorFile = (fleet: string): FileKey => `connectors/${fleet}.json`;
export const unitFile = (unit: string): FileKey => `units/${unit}`;
export const agentDropIn = (agent: string): FileKey => `units/${agentUnit(agent)}.d/muster.conf`;
/** The fleet that a file tells of; `null` for any other file. */
export const fleetToldBy = (key: FileKey): string | null => between('fleets/', key, '.md');
/** The fleet whose connector is specified by a file; `null` for any other file. */
export const connectorOf = (key: FileKey): string | null => between('connectors/', key, '.json');
/** The agent whose own file it is: its environment, or a drop-in of its unit. `null` for what is nobody's own. */
export function ownerOf(key: FileKey): string | null {
  if (!key.startsWith('units/')) return between('agents/', key, '.env');
  const folder = key.slice(0, key.lastIndexOf('/'));
  return between('units/mosaic-agent@', folder, '.service.d');
}

export const supervisorFile: FileKey = 'bin/mosaic-agent-run';
export const launcherFile: FileKey = 'bin/muster';

export const isUnitFile = (key: FileKey): boolean => key.startsWith('units/');

export const defaultSocket = 'mosaic';
export const defaultHolderSession = '_holder';
