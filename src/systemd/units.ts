import { lstatSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import { asPortError } from '../model/as-port-error.ts';
import type { ObservedUnit, UnitDetail } from '../model/observation.ts';
import type { UnitReader } from '../model/ports.ts';
import type { Bus } from './bus.ts';
import { endings } from './causes.ts';
import { type BusSource, isError, listOwnRows, managerProperty, type UnitRow, unitPath, unitProperty } from './manager.ts';
import { newestChangeReader } from './newest-change.ts';
import { type Recaller, readingAnew } from './recall.ts';
import { type UnitFiles, unitFilesReader } from './unit-files.ts';

/** Reads the user manager. `runtimeDir` is `$XDG_RUNTIME_DIR`. Nothing here makes systemd load a unit. */
export function unitReader(bus: BusSource, runtimeDir: string, recaller: Recaller = readingAnew): UnitReader {
  const unitDirectories = directoriesReader();
  const readUnitFiles = unitFilesReader(recaller);
  const newestChange = newestChangeReader(recaller);
  const detailOf = detailReader(runtimeDir);
  return {
    list: asPortError(
      () => 'list units',
      async () => {
        const connection = await bus();
        const [rows, files] = await Promise.all([
          listOwnRows(connection),
          unitDirectories(connection).then((directories) => readUnitFiles(directories, runtimeDir)),
        ]);
        const invocations = await readInvocations(connection, rows, runtimeDir);
        return merge(rows, files, invocations);
      },
    ),

    details: asPortError(
      (_units: readonly string[], _seen?: Readonly<Record<string, ObservedUnit>>) => 'read the units',
      async (units, seen) => {
        const connection = await bus();
        const all = seen === undefined ? await listOwnRows(connection) : rowsOf(seen);
        const wanted = new Set(units);
        const rows = all.filter((row) => wanted.has(row.unit) && row.load === 'loaded');
        const details = await Promise.all(rows.map((row) => detailOf(connection, row, seen?.[row.unit]?.invocation ?? '')));
        const found: Record<string, UnitDetail> = {};
        for (const [index, { unit }] of rows.entries()) {
          const detail = details[index] ?? null;
          if (detail !== null) found[unit] = detail;
        }
        return found;
      },
    ),

    needsReload: asPortError(
      () => 'compare unit files with what the user manager has loaded',
      async () => {
        const connection = await bus();
        const [directories, ...loaded] = await Promise.all([
          unitDirectories(connection),
          managerProperty(connection, 'UnitsLoadTimestamp'),
          managerProperty(connection, 'UnitsLoadStartTimestamp'),
        ]);
        return newestChange(directories) > Math.max(...loaded.map(Number)) / 1000;
      },
    ),

    environment: asPortError(
      () => 'read the environment of the user manager',
      async () => {
        const block = await managerProperty(await bus(), 'Environment');
        return Object.fromEntries(strings(block).map(splitAssignment));
      },
    ),
  };
}

const askDirectories = async (bus: Bus): Promise<readonly string[]> => strings(await managerProperty(bus, 'UnitPath'));

/** The manager's unit directories. Whoever asks while they are asked for gets the same answer: a look wants them twice. */
function directoriesReader(): (bus: Bus) => Promise<readonly string[]> {
  let asked: Promise<readonly string[]> | null = null;
  return (bus) => {
    asked ??= askDirectories(bus).finally(() => {
      asked = null;
    });
    return asked;
  };
}

/** Enablement of our units as the disk has it now: the manager's own word for it is stale until its next reload. */
export async function unitFiles(bus: Bus, runtimeDir: string): Promise<UnitFiles> {
  return unitFilesReader(readingAnew)(await askDirectories(bus), runtimeDir);
}

/** InvocationIDs of the runs under way: the manager keeps them as links, which costs no call. */
async function readInvocations(bus: Bus, rows: readonly UnitRow[], runtimeDir: string): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  const unlinked: UnitRow[] = [];
  for (const row of rows) {
    const linked = hasRun(row) ? linkedInvocation(row.unit, runtimeDir) : '';
    if (linked === null) unlinked.push(row);
    else if (linked !== '') found.set(row.unit, linked);
  }
  await Promise.all(unlinked.map(async (row) => found.set(row.unit, await askedInvocation(bus, row))));
  return found;
}

// Between two runs (auto-restart) the property still names the last one.
const hasRun = (row: UnitRow): boolean => !['inactive', 'failed'].includes(row.active) && row.sub !== 'auto-restart';

function linkedInvocation(unit: string, runtimeDir: string): string | null {
  try {
    return readlinkSync(`${runtimeDir}/systemd/units/invocation:${unit}`);
  } catch {
    return null;
  }
}

async function askedInvocation(bus: Bus, row: UnitRow): Promise<string> {
  const id = await unitProperty(bus, row.path, 'Unit', 'InvocationID').catch(goneMeans(null));
  return Buffer.isBuffer(id) ? id.toString('hex') : '';
}

function merge(
  rows: readonly UnitRow[],
  files: UnitFiles,
  invocations: ReadonlyMap<string, string>,
): Record<string, ObservedUnit> {
  const units: Record<string, ObservedUnit> = {};
  for (const [template, ownFile] of files.foreign) {
    units[template] = { load: 'foreign', active: 'inactive', sub: '', enablement: 'static', invocation: '', ownFile };
  }
  for (const unit of files.named)
    units[unit] = { load: 'unloaded', active: 'inactive', sub: 'dead', invocation: '', ...files.of(unit) };
  for (const { unit, load, active, sub } of rows) {
    units[unit] = { load, active, sub, invocation: invocations.get(unit) ?? '', ...files.of(unit) };
  }
  return units;
}

/** Of most of them nobody asks the manager: their paths are made when they are needed. */
const rowsOf = (seen: Readonly<Record<string, ObservedUnit>>): readonly UnitRow[] =>
  Object.entries(seen).map(([unit, { load, active, sub }]) => ({
    unit,
    load,
    active,
    sub,
    get path() {
      return unitPath(unit);
    },
  }));

interface Run {
  readonly invocation: string;
  readonly restarts: number;
  /** Microseconds since the epoch; `null` where only the manager knows. */
  readonly began: number | null;
}

/** While a run goes on, its beginning and the number of restarts before it stay as they are: asked once for each run that is known by its invocation. */
function detailReader(
  runtimeDir: string,
): (bus: Bus, row: UnitRow, invocation: string) => UnitDetail | Promise<UnitDetail | null> {
  const known = new Map<string, Run>();
  return (bus, row, invocation) => {
    const { unit } = row;
    if (row.active !== 'active' || invocation === '') known.delete(unit);
    const run = known.get(unit);
    if (run?.invocation !== invocation) return askRun(bus, row, invocation);
    return run.began === null ? readDetail(bus, row, run) : { since: run.began, restarts: run.restarts };
  };

  async function askRun(bus: Bus, row: UnitRow, invocation: string): Promise<UnitDetail | null> {
    const isRun = row.active === 'active' && invocation !== '';
    const began = isRun ? runBegan(row.unit, runtimeDir) : null;
    const detail = await readDetail(bus, row, { began });
    if (isRun && detail !== null) known.set(row.unit, { invocation, began, restarts: detail.restarts });
    return detail;
  }
}

/** Microseconds since the epoch: the link is made when a run begins. `null` where there is none. */
function runBegan(unit: string, runtimeDir: string): number | null {
  const link = lstatSync(path.join(runtimeDir, 'systemd/units', `invocation:${unit}`), { throwIfNoEntry: false });
  return link === undefined ? null : Math.floor(link.mtimeMs * 1000);
}

async function readDetail(bus: Bus, row: UnitRow, { began, restarts }: Partial<Run>): Promise<UnitDetail | null> {
  const [since, counted, end] = await Promise.all([
    began ?? unitProperty(bus, row.path, 'Unit', 'StateChangeTimestamp').catch(goneMeans(null)),
    restarts ?? unitProperty(bus, row.path, 'Service', 'NRestarts').catch(goneMeans(0)),
    row.active === 'active' ? {} : readEnd(bus, row),
  ]);
  return since === null ? null : { since: Number(since), restarts: Number(counted ?? 0), ...end };
}

/** How the last run ended. A start makes systemd forget it, so of what runs there is nothing to ask. */
async function readEnd(bus: Bus, row: UnitRow): Promise<Pick<UnitDetail, 'result' | 'exit'>> {
  const properties = ['Result', 'ExecMainCode', 'ExecMainStatus'];
  const [result, code, status] = await Promise.all(
    properties.map((property) => unitProperty(bus, row.path, 'Service', property).catch(goneMeans(null))),
  );
  const how = endings[Number(code)];
  return {
    ...(typeof result === 'string' ? { result } : {}),
    ...(how === undefined ? {} : { exit: { how, status: Number(status) } }),
  };
}

/** A unit may be unloaded between two calls. */
const goneMeans =
  <T>(value: T) =>
  (error: unknown): T => {
    if (isError(error, 'NoSuchUnit') || isUnknownObject(error)) return value;
    throw error;
  };

const isUnknownObject = (error: unknown): boolean =>
  error instanceof Error && 'error' in error && error.error === 'org.freedesktop.DBus.Error.UnknownObject';

const strings = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];

function splitAssignment(assignment: string): [string, string] {
  const at = assignment.indexOf('=');
  return at < 0 ? [assignment, ''] : [assignment.slice(0, at), assignment.slice(at + 1)];
}
