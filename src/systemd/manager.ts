import { unitPatterns } from '../model/names.ts';
import { type Bus, type BusCall, daemon } from './bus.ts';

/** Gives the connection, and makes it at first use. */
export type BusSource = () => Promise<Bus>;

const name = 'org.freedesktop.systemd1';
const root = '/org/freedesktop/systemd1';

export const managerInterface = `${name}.Manager`;
export const unitInterface = `${name}.Unit`;

/** One row of ListUnits: what systemd has in memory. */
export interface UnitRow {
  readonly unit: string;
  readonly load: string;
  readonly active: string;
  readonly sub: string;
  readonly path: string;
}

/** A method of the user manager: see org.freedesktop.systemd1(5). */
export const callManager = (bus: Bus, member: string, signature: string, body: readonly unknown[], deadline?: number) =>
  bus.call({ destination: name, path: root, interface: managerInterface, member, signature, body }, deadline);

/** Rows of the loaded units that match any of the globs. Loads none. */
export async function listRows(bus: Bus, patterns: readonly string[]): Promise<readonly UnitRow[]> {
  const [rows] = await callManager(bus, 'ListUnitsByPatterns', 'asas', [[], patterns]);
  return asRows(rows).map(([unit, , load, active, sub, , path]) => ({ unit, load, active, sub, path }));
}

/** Those of our units. */
export const listOwnRows = (bus: Bus): Promise<readonly UnitRow[]> => listRows(bus, unitPatterns);

/** D-Bus path of a unit, as systemd makes it: see sd_bus_path_encode(3). */
export const unitPath = (unit: string): string =>
  `${root}/unit/${unit.replace(/^[0-9]|[^A-Za-z0-9]/g, (character) =>
    [...Buffer.from(character)].map((byte) => `_${byte.toString(16).padStart(2, '0')}`).join(''),
  )}`;

export async function managerProperty(bus: Bus, property: string): Promise<unknown> {
  return propertyIn(bus, propertyCall(root, managerInterface, property));
}

/** A property of a *loaded* unit. On any other this makes systemd load it, which wakes everybody who listens. */
export async function unitProperty(bus: Bus, path: string, kind: 'Unit' | 'Service', property: string): Promise<unknown> {
  return propertyIn(bus, propertyCall(path, `${name}.${kind}`, property));
}

const ofManager = `type='signal',sender='${name}',path='${root}',interface='${managerInterface}'`;
const ofUnits = `type='signal',sender='${name}',path_namespace='${root}/unit',interface='org.freedesktop.DBus.Properties'`;

/** Signals that a connection can ask for. What it does not ask for costs it nothing: a fleet that starts makes thousands. */
export const signalRules = {
  jobEnds: [`${ofManager},member='JobRemoved'`],
  // Each transition is told for the Service interface, too.
  changes: [ofManager, `${ofUnits},member='PropertiesChanged',arg0='${unitInterface}'`],
} as const;

/** Makes this connection receive these signals of systemd. */
export async function subscribe(bus: Bus, rules: readonly string[]): Promise<void> {
  await Promise.all(rules.map((rule) => bus.call({ ...daemon, member: 'AddMatch', signature: 's', body: [rule] })));
  // The match alone receives nothing while nobody else has subscribed.
  await callManager(bus, 'Subscribe', '', []).catch((error: unknown) => {
    if (!isError(error, 'AlreadySubscribed')) throw error;
  });
}

/** A round trip to the manager that asks for nothing: it rejects where no manager answers. */
export async function ping(bus: Bus, deadline: number): Promise<void> {
  await bus.call({ destination: name, path: root, interface: 'org.freedesktop.DBus.Peer', member: 'Ping' }, deadline);
}

/** Whether systemd answered with this error, such as `NoSuchUnit`. */
export const isError = (error: unknown, short: string): boolean =>
  error instanceof Error && 'error' in error && error.error === `${name}.${short}`;

const propertyCall = (path: string, owner: string, property: string): BusCall => ({
  destination: name,
  path,
  interface: 'org.freedesktop.DBus.Properties',
  member: 'Get',
  signature: 'ss',
  body: [owner, property],
});

async function propertyIn(bus: Bus, call: BusCall): Promise<unknown> {
  const [variant] = await bus.call(call);
  return (variant as { readonly value: unknown }).value;
}

type RawRow = readonly [string, string, string, string, string, string, string];
const asRows = (value: unknown): readonly RawRow[] => value as readonly RawRow[];
