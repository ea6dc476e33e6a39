import { readdirSync } from 'node:fs';
import { uptime } from 'node:os';
import path from 'node:path';
import { type ConnectorHealthFile, healthStaleMs, isConnectorHealthFile, isConnectorStarted } from '../model/connector-spec.ts';
import { type Digest, isDigest } from '../model/digest.ts';
import { agentUnit, connectorUnit, holderUnit, isName } from '../model/names.ts';
import type { ObservedConnector, RunEnd, StartRecord } from '../model/observation.ts';
import { endingOf } from '../systemd/causes.ts';
import type { Recaller } from '../systemd/recall.ts';
import { isMissing } from './errors.ts';
import { type Content, readRegular } from './read.ts';

/** Records of what units were started with, by unit, from `$XDG_RUNTIME_DIR/mosaic`. What is no record is none. */
export function recordsReader(directory: string, recaller: Recaller): () => Record<string, StartRecord> {
  const namesIn = recaller<readonly string[]>();
  const recordIn = recaller<StartRecord | null>();
  const agents = path.join(directory, 'agents');
  const connectors = path.join(directory, 'connectors');
  const holder = [holderUnit, path.join(directory, 'holder', 'started.json')] as const;
  return () => {
    const names = namesIn(agents, (found) => entries(found).filter(isName));
    const places = names.map((name) => [agentUnit(name), `${agents}/${name}/started.json`] as const);
    const fleets = namesIn(connectors, (found) => entries(found).filter(isName));
    const bridges = fleets.map((fleet) => [connectorUnit(fleet), `${connectors}/${fleet}/started.json`] as const);
    const started = readAll([...places, holder], (file) => recordIn(file, (found) => parsed(found, startRecord)));
    return Object.assign(
      started,
      readAll(bridges, (file) => recordIn(file, (found) => parsed(found, connectorRecord))),
    );
  };
}

/** What connectors last told of themselves, by fleet, from the same directory. What is no report is none. */
export function connectorsReader(directory: string, recaller: Recaller): () => Record<string, ObservedConnector> {
  const namesIn = recaller<readonly string[]>();
  const healthIn = recaller<ConnectorHealthFile | null>();
  const connectors = path.join(directory, 'connectors');
  return () => {
    const fleets = namesIn(connectors, (found) => entries(found).filter(isName));
    const places = fleets.map((fleet) => [fleet, `${connectors}/${fleet}/health.json`] as const);
    const told = readAll(places, (file) =>
      healthIn(file, (found) => parsed(found, (fields) => (isConnectorHealthFile(fields) ? fields : null))),
    );
    return Object.fromEntries(Object.entries(told).map(([fleet, file]) => [fleet, observedConnector(file)]));
  };
}

function observedConnector({ invocation, kind, at, report }: ConnectorHealthFile): ObservedConnector {
  const { healthy, problems, inbound, outbound } = report;
  const ageMs = Date.now() - Date.parse(at);
  // A clock that was set back tells no age.
  const fresh = Math.abs(ageMs) <= healthStaleMs;
  return { invocation, kind, fresh, healthy, problems, waiting: { inbound: inbound.waiting, outbound: outbound.waiting } };
}

/** Configuration that an ephemeral agent completed, by agent, from the directory of these records. */
export function completedReader(directory: string, recaller: Recaller): () => Record<string, Digest> {
  const namesIn = recaller<readonly string[]>();
  const digestIn = recaller<Digest | null>();
  return () => {
    const files = namesIn(directory, (found) => entries(found).filter(isRecordOfName));
    const places = files.map((file) => [file.slice(0, -'.json'.length), path.join(directory, file)] as const);
    return readAll(places, (file) =>
      digestIn(file, (found) => parsed(found, ({ config }) => (isDigest(config) ? config : null))),
    );
  };
}

/** How a run ended, from such a record; `null` where there is none. */
export const endOf = (file: string): RunEnd | null => parsed(file, runEnd);

const isRecordOfName = (file: string): boolean => file.endsWith('.json') && isName(file.slice(0, -'.json'.length));

function entries(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

type Fields = Readonly<Record<string, unknown>>;

function readAll<Value>(
  places: readonly (readonly [string, string])[],
  read: (file: string) => Value | null,
): Record<string, Value> {
  const records: Record<string, Value> = {};
  for (const [key, file] of places) {
    const record = read(file);
    if (record !== null) records[key] = record;
  }
  return records;
}

function parsed<Value>(file: string, parse: (fields: Fields) => Value | null): Value | null {
  const fields = fieldsOf(readRegular(file));
  return fields === null ? null : parse(fields);
}

/** Fields of a record of format 1; another major version may mean anything. */
function fieldsOf(content: Content | null): Fields | null {
  if (content === null) return null;
  try {
    const value: unknown = JSON.parse(content.toString());
    return isFields(value) && typeof value.format_version === 'string' && /^1\.\d+$/.test(value.format_version) ? value : null;
  } catch {
    return null;
  }
}

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

function startRecord({ invocation, config, units, role, fleet, class: class_, session, socket }: Fields): StartRecord | null {
  if (!isText(invocation) || !isText(fleet) || !isText(class_) || !isText(session)) return null;
  if (!isDigest(config) || !isDigest(units)) return null;
  const record = { invocation, config, units, ...(isDigest(role) ? { role } : {}), fleet, class: class_, session };
  return isText(socket) && path.isAbsolute(socket) ? { ...record, socket } : record;
}

/** Whose fleet it is, the unit says. */
function connectorRecord(fields: Fields): StartRecord | null {
  if (!isConnectorStarted(fields)) return null;
  const { invocation, config, kind } = fields;
  return { invocation, config, units: config, fleet: '', class: '', session: '', kind };
}

function runEnd({ invocation, next, result, code, status, uptime: then }: Fields): RunEnd | null {
  if (!isText(invocation) || !isText(next) || !isText(result) || !isText(code) || !isText(status)) return null;
  if (typeof then !== 'number') return null;
  const exit = endingOf(code, status);
  const at = new Date(Date.now() - Math.max(0, uptime() - then) * 1000).toISOString();
  return { invocation, next, result, ...(exit === null ? {} : { exit }), at };
}

const isText = (value: unknown): value is string => typeof value === 'string';
