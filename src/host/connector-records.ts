import { rm } from 'node:fs/promises';
import path from 'node:path';
import {
  type ConnectorHealthFile,
  type ConnectorSpec,
  type ConnectorStarted,
  isConnectorHealthFile,
  isConnectorSpec,
} from '../model/connector-spec.ts';
import { connectorFile, isName } from '../model/names.ts';
import { PortError } from '../model/ports.ts';
import { makeDirectory, replaceFile } from './durable.ts';
import { asFileError } from './errors.ts';
import { type HostRoots, placeOf } from './roots.ts';
import { readStateFile } from './state-file.ts';

/** What the bridge of a fleet reads and tells by files; its logs are elsewhere. */
export interface ConnectorRecords {
  /** `null` where no connector was set up for the fleet. */
  spec(): Promise<ConnectorSpec | null>;
  started(record: ConnectorStarted): Promise<void>;
  tell(health: ConnectorHealthFile): Promise<void>;
  /** `null` where no bridge runs, or none has told anything yet. */
  told(): Promise<ConnectorHealthFile | null>;
  /** Nobody serves any more. */
  clear(): Promise<void>;
}

/** Methods reject with a PortError; `refused` is what a newer version wrote. */
export function connectorRecords(fleet: string, roots: HostRoots): ConnectorRecords {
  if (!isName(fleet)) throw new PortError('refused', `${JSON.stringify(fleet)} cannot be the name of a fleet`);
  const directory = path.join(roots.runtimeDir, 'mosaic', 'connectors', fleet);
  const write = async (name: string, value: unknown): Promise<void> => {
    await makeDirectory(directory, 0o700);
    await replaceFile(path.join(directory, name), `${JSON.stringify(value)}\n`, 0o600);
  };
  return {
    spec: asFileError(
      () => `read what the connector of ${fleet} is to be`,
      async () => readStateFile(placeOf(connectorFile(fleet), roots).file, isConnectorSpec, 'muster apply writes it anew'),
    ),
    started: asFileError(
      (_record: ConnectorStarted) => `write down what the connector of ${fleet} runs with`,
      (record) => write('started.json', record),
    ),
    tell: asFileError(
      (_health: ConnectorHealthFile) => `write the health of the connector of ${fleet}`,
      (health) => write('health.json', health),
    ),
    told: asFileError(
      () => `read the health of the connector of ${fleet}`,
      async () => readStateFile(path.join(directory, 'health.json'), isConnectorHealthFile, 'it is written anew within seconds'),
    ),
    clear: async () => {
      for (const name of ['started.json', 'health.json']) await rm(path.join(directory, name), { force: true }).catch(() => {});
    },
  };
}
