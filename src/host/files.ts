import { accessSync, constants, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import type { FileContent } from '../model/desired.ts';
import { digestOfFile } from '../model/digest.ts';
import { agentTemplate, connectorTemplate, controllerUnit, type FileKey, holderUnit, isName, parseUnit } from '../model/names.ts';
import type { ObservedFile } from '../model/observation.ts';
import { onceEach } from '../model/once.ts';
import type { FileReader } from '../model/ports.ts';
import { type Recaller, readingAnew } from '../systemd/recall.ts';
import { asFileError, isMissing } from './errors.ts';
import { markerOf, startRoleOf } from './marker.ts';
import { readWithMode } from './read.ts';
import { completedReader, connectorsReader, endOf, recordsReader } from './records.ts';
import { endsDir, type HostRoots, placeOf } from './roots.ts';

/**
 * Reads our files, and what units left in the runtime and state directories. Synchronous inside: a thousand small files take tens of
 * milliseconds, or a few of them where `recaller` remembers what has not changed.
 */
export function fileReader(roots: HostRoots, recaller: Recaller = readingAnew): FileReader {
  const keysIn = recaller<readonly FileKey[]>();
  const observed = recaller<ObservedFile | null>();
  const records = recordsReader(path.join(roots.runtimeDir, 'mosaic'), recaller);
  const connectors = connectorsReader(path.join(roots.runtimeDir, 'mosaic'), recaller);
  const completed = completedReader(path.join(roots.stateDir, 'completed'), recaller);
  return {
    list: asFileError(
      (_also: readonly FileKey[]) => 'read our files',
      async (also) => {
        const environments = keysIn(path.join(roots.fleetDir, 'agents'), environmentKeys);
        const fleets = keysIn(path.join(roots.fleetDir, 'fleets'), fleetKeys);
        const connectors = keysIn(path.join(roots.fleetDir, 'connectors'), connectorKeys);
        const keys = new Set([...environments, ...fleets, ...connectors, ...keysIn(roots.unitDir, unitKeys), ...also]);
        const look = (key: FileKey) => observed(placeOf(key, roots).file, (file) => observe(key, file));
        return present([...keys].sort().map((key) => [key, look(key)]));
      },
    ),
    read: asFileError(
      (_key: FileKey) => 'read a file of ours',
      async (key) => readContent(placeOf(key, roots).file),
    ),
    records: asFileError(
      () => 'read what units were started with',
      async () => records(),
    ),
    connectors: asFileError(
      () => 'read what connectors tell of themselves',
      async () => connectors(),
    ),
    ends: asFileError(
      (_agents: readonly string[]) => 'read how runs ended',
      async (agents) => present(agents.filter(isName).map((agent) => [agent, endOf(path.join(endsDir(roots), `${agent}.json`))])),
    ),
    completed: asFileError(
      () => 'read which agents have completed',
      async () => completed(),
    ),
    find: asFileError(
      (_programs: Programs) => 'look for programs',
      async (programs) => findAll(programs),
    ),
  };
}

function readContent(file: string): FileContent | null {
  const found = readWithMode(file);
  return found === null ? null : { text: found.content.toString(), mode: found.mode };
}

type Programs = Parameters<FileReader['find']>[0];

const environmentKeys = (directory: string): readonly FileKey[] => namedFiles(directory, '.env').map((name) => `agents/${name}`);

const fleetKeys = (directory: string): readonly FileKey[] => namedFiles(directory, '.md').map((name) => `fleets/${name}`);

const connectorKeys = (directory: string): readonly FileKey[] =>
  namedFiles(directory, '.json').map((name) => `connectors/${name}`);

const namedFiles = (directory: string, ending: string): readonly string[] =>
  names(directory).filter((name) => name.endsWith(ending) && isName(name.slice(0, -ending.length)));

function unitKeys(directory: string): readonly FileKey[] {
  return names(directory).flatMap((name) => {
    if (ownUnitFiles.has(name)) return [`units/${name}`];
    const unit = name.endsWith('.d') ? parseUnit(name.slice(0, -'.d'.length)) : null;
    return unit !== null && isName(unit.name) ? [`units/${name}/muster.conf`] : [];
  });
}

const ownUnitFiles: ReadonlySet<string> = new Set([agentTemplate, connectorTemplate, holderUnit, controllerUnit]);

function names(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

function observe(key: FileKey, file: string): ObservedFile | null {
  const found = readWithMode(file);
  if (found === null) return null;
  // Neither a link to /dev/null nor an empty file has anything in it.
  const masked = found.content.length === 0 && ownUnitFiles.has(key.slice('units/'.length));
  const text = found.content.toString();
  const seen = { digest: digestOfFile(found.content, found.mode), ...markerOf(key, text), ...startRoleOf(key, text) };
  return masked ? { ...seen, masked } : seen;
}

const present = <Value>(entries: readonly (readonly [string, Value | null])[]): Record<string, Value> =>
  Object.fromEntries(entries.filter((entry): entry is readonly [string, Value] => entry[1] !== null));

/** Within a look each place is tried once: most agents differ in nothing but their name. */
function findAll(programs: Programs): Record<string, string | null> {
  const isThere = onceEach(isProgram);
  const onPath = onceEach((searchPath) => onceEach((command) => find(command, searchPath, isThere)));
  const places: Record<string, string | null> = {};
  for (const [key, { command, path: searchPath }] of Object.entries(programs)) places[key] = onPath(searchPath)(command);
  return places;
}

/** As execvp(3), but a relative directory is no place: it would depend on where the unit runs. */
function find(command: string, searchPath: string, isThere: (file: string) => boolean): string | null {
  if (command.includes('/')) return path.isAbsolute(command) && isThere(command) ? command : null;
  const directories = searchPath.split(':').filter((directory) => path.isAbsolute(directory));
  return directories.map((directory) => path.join(directory, command)).find(isThere) ?? null;
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
