import path from 'node:path';
import type { ConnectorSetting } from '../model/connectors.ts';
import { isName } from '../model/names.ts';
import { PortError } from '../model/ports.ts';
import { recordLog } from './record-log.ts';

/** Logs of the bridge of a fleet, below the state directory; with a kind, those of its connector's own. */
export function connectorLogs(stateDir: string, fleet: string, kind?: string): ConnectorSetting['log'] {
  for (const name of kind === undefined ? [fleet] : [fleet, kind])
    if (!isName(name)) throw new PortError('refused', `${JSON.stringify(name)} cannot be the name of a fleet or a connector`);
  const directory = path.join(stateDir, 'connectors', fleet, ...(kind === undefined ? [] : [kind]));
  return (name, isRecord, isForeign = () => false) => {
    if (!isName(name)) throw new PortError('refused', `${JSON.stringify(name)} cannot be the name of a log`);
    return recordLog({ directory, name, isRecord, isForeign });
  };
}
