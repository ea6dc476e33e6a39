import path from 'node:path';
import type { ConnectorSpec } from '../model/connector-spec.ts';
import type { DesiredConnector, FileContent } from '../model/desired.ts';
import { canonicalJson, type Digest, digestOfJson } from '../model/digest.ts';
import { connectorFile, type FileKey } from '../model/names.ts';
import type { HostFacts } from '../model/observation.ts';
import type { Roster } from '../model/roster.ts';
import { unitText } from './quote.ts';
import { fill } from './units.ts';

export interface ComposedConnector {
  readonly connector: DesiredConnector;
  readonly files: ReadonlyMap<FileKey, FileContent>;
}

/** `null` for a fleet without an orchestrator: there is nobody to talk to. `unit` is the digest of the unit's template. */
export function composeConnector({ fleet, agents, connector }: Roster, unit: Digest): ComposedConnector | null {
  const orchestrator = agents.find((agent) => agent.class === 'orchestrator');
  if (orchestrator === undefined) return null;
  const { kind, operators, settings } = connector;
  const own = { fleet, kind, orchestrator: orchestrator.name, operators, settings };
  const config = digestOfJson({ ...own, unit });
  const spec: ConnectorSpec = { format_version: '1.0', ...own, config };
  return {
    connector: { fleet, kind, config },
    files: new Map([[connectorFile(fleet), { text: `${canonicalJson(spec)}\n`, mode: 0o600 }]]),
  };
}

/** The user manager knows nothing of the shell that an apply runs in: directories that are not where they usually are go into the unit. */
export function connectorUnitText(template: string, { home, mosaicHome, stateDir }: HostFacts): string {
  const directories = [
    ['MOSAIC_HOME', mosaicHome, path.join(home, '.config/mosaic')],
    // The state of a machine is two levels below.
    ['XDG_STATE_HOME', path.dirname(path.dirname(stateDir)), path.join(home, '.local/state')],
  ] as const;
  const moved = directories.filter(([, value, usual]) => value !== usual);
  const lines = moved.map(([name, value]) => `Environment="${name}=${unitText(value)}"\n`);
  const filled = fill(template, { FLEET_DIR: unitText(`${mosaicHome}/fleet`) });
  return filled.replace('@ENVIRONMENT@\n', () => lines.join(''));
}
