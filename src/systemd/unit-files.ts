import { lstatSync, readdirSync, readFileSync, readlinkSync, type Stats, statSync } from 'node:fs';
import path from 'node:path';
import { agentTemplate, connectorTemplate, holderUnit, parseUnit } from '../model/names.ts';
import { onceEach } from '../model/once.ts';
import type { Recall, Recaller } from './recall.ts';

/** What the disk says about one unit, whether systemd has it in memory or not. */
export interface UnitOnDisk {
  /** systemd's word for it: see `is-enabled` in systemctl(1). */
  readonly enablement: string;
  readonly ownFile?: string;
}

/** Enablement of any of our units, read from the manager's unit directories once. */
export interface UnitFiles {
  /** Units that a link or a file of their own names. */
  readonly named: readonly string[];
  /** Unit files of the names that we write, in other directories than the user's own, that are not ours: path by name. */
  readonly foreign: ReadonlyMap<string, string>;
  of(unit: string): UnitOnDisk;
}

/**
 * Reads the unit directories as systemd does (`unit_file_get_state`), for our units only and without its cost of a disk walk per unit.
 * `unitPath` is the manager's own UnitPath, in order of precedence; `runtimeDir` is `$XDG_RUNTIME_DIR`.
 * A directory that is there but cannot be listed is an error: nothing is known then.
 */
type ReadUnitFiles = (unitPath: readonly string[], runtimeDir: string) => UnitFiles;

export function unitFilesReader(recaller: Recaller): ReadUnitFiles {
  const disk: Disk = {
    entries: recaller(),
    links: recaller(),
    marked: recaller(),
    installable: recaller(),
  };
  return (unitPath, runtimeDir) => {
    const places = unitPath.map((directory) => readPlace(directory, kindOfPlace(directory, unitPath, runtimeDir), disk));
    const installs = onceEach((file) => disk.installable(file, hasInstallSection));
    const whole: Index = { fragments: firstFragments(places), links: kindsByUnit(places) };
    const named = new Set([...whole.fragments.keys(), ...whole.links.keys()]);
    return {
      named: [...named].filter((unit) => parseUnit(unit) !== null),
      foreign: foreignFiles(
        places.filter(({ directory }) => !unitPath.includes(`${directory}.control`)),
        (file) => disk.marked(file, isMarked),
      ),
      of: (unit) => judge(unit, whole, installs),
    };
  };
}

/** What is remembered of the disk, where anything is. */
interface Disk {
  readonly entries: Recall<Entries>;
  readonly links: Recall<ReadonlySet<string>>;
  readonly marked: Recall<boolean>;
  readonly installable: Recall<boolean>;
}

/** What in a unit directory is of interest: names of directories of links, and of unit files. */
interface Entries {
  readonly linking: readonly string[];
  readonly files: readonly string[];
}

function foreignFiles(places: readonly Place[], isOurs: (file: string) => boolean): Map<string, string> {
  const found = new Map<string, string>();
  for (const name of [agentTemplate, connectorTemplate, holderUnit]) {
    const other = places.flatMap(({ files }) => files.get(name) ?? []).find(({ masks, path: file }) => !masks && !isOurs(file));
    if (other !== undefined) found.set(name, other.path);
  }
  return found;
}

function isMarked(file: string): boolean {
  try {
    return /^\[X-Muster\]\s*\n(?:.*\n)*?Owner=muster\s*$/m.test(readFileSync(file, 'utf8'));
  } catch {
    return false;
  }
}

type PlaceKind = 'config' | 'runtime' | 'transient' | 'generated' | 'vendor';

interface Place {
  readonly directory: string;
  readonly kind: PlaceKind;
  /** Unit files and links that are named like our units and templates, by name. */
  readonly files: ReadonlyMap<string, Fragment>;
  /** Units that the `.wants` and `.requires` directories name. */
  readonly links: readonly ReadonlySet<string>[];
}

interface Fragment {
  readonly path: string;
  /** Link to /dev/null, or an empty file. */
  readonly masks: boolean;
  /** Absolute target of a link. */
  readonly target: string | null;
}

function kindOfPlace(directory: string, unitPath: readonly string[], runtimeDir: string): PlaceKind {
  const inRuntime = isBelow(directory, runtimeDir);
  // The user's own directory is the one beside which systemd has its `.control`, wherever the home is.
  if (!inRuntime && unitPath.includes(`${directory}.control`)) return 'config';
  if (directory === '/etc/systemd/user' || directory === '/etc/xdg/systemd/user') return 'config';
  if (/\/transient$/.test(directory)) return 'transient';
  if (/\/generator(\.early|\.late)?$/.test(directory)) return 'generated';
  return inRuntime || isBelow(directory, '/run') ? 'runtime' : 'vendor';
}

const isBelow = (file: string, directory: string): boolean => file === directory || file.startsWith(`${directory}/`);

function readPlace(directory: string, kind: PlaceKind, disk: Disk): Place {
  const entries = disk.entries(directory, readEntries);
  const files = new Map<string, Fragment>();
  for (const entry of entries.files) {
    const fragment = readFragment(path.join(directory, entry));
    if (fragment !== null) files.set(entry, fragment);
  }
  const links = entries.linking.map((entry) => disk.links(path.join(directory, entry), readLinks));
  return { directory, kind, files, links: links.filter(({ size }) => size > 0) };
}

function readEntries(directory: string): Entries {
  const names = listed(directory);
  return {
    linking: names.filter((name) => /\.(wants|requires)$/.test(name)),
    files: names.filter((name) => isOurs(name) || isTemplate(name)),
  };
}

const readLinks = (directory: string): ReadonlySet<string> => new Set(listed(directory).filter(isOurs));

function listed(directory: string): readonly string[] {
  try {
    // Most of these places are not there, and an error takes longer than a look.
    return statSync(directory, { throwIfNoEntry: false }) === undefined ? [] : readdirSync(directory);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');

// Anybody can make a link of any name; systemd has units of these characters only.
const isOurs = (name: string): boolean => /^[\w:.\\@-]+$/.test(name) && parseUnit(name) !== null;

function readFragment(file: string): Fragment | null {
  const stats = statsOf(file);
  if (stats?.isFile()) return { path: file, masks: stats.size === 0, target: null };
  if (!stats?.isSymbolicLink()) return null;
  const target = path.resolve(path.dirname(file), readlinkSync(file));
  return { path: file, masks: target === '/dev/null', target };
}

function statsOf(file: string): Stats | null {
  try {
    return lstatSync(file);
  } catch {
    return null;
  }
}

const isTemplate = (name: string): boolean => name === agentTemplate || name === connectorTemplate;

const templateOf = (unit: string): string | null =>
  unit === holderUnit ? null : parseUnit(unit)?.kind === 'agent' ? agentTemplate : connectorTemplate;

interface Found {
  readonly fragment: Fragment;
  readonly kind: PlaceKind;
}

/** All places together, by name of what they hold: units are many, and most places hold nothing of them. */
interface Index {
  /** In the place that takes precedence. */
  readonly fragments: ReadonlyMap<string, Found>;
  /** Kinds of the places whose `.wants` and `.requires` name a unit. */
  readonly links: ReadonlyMap<string, readonly PlaceKind[]>;
}

function firstFragments(places: readonly Place[]): Map<string, Found> {
  const first = new Map<string, Found>();
  for (const { kind, files } of places)
    for (const [name, fragment] of files) if (!first.has(name)) first.set(name, { fragment, kind });
  return first;
}

function kindsByUnit(places: readonly Place[]): Map<string, readonly PlaceKind[]> {
  const kinds = new Map<string, PlaceKind[]>();
  for (const { kind, links } of places)
    for (const linked of links) for (const unit of linked) kinds.set(unit, [...(kinds.get(unit) ?? []), kind]);
  return kinds;
}

function judge(unit: string, { fragments, links }: Index, installs: (file: string) => boolean): UnitOnDisk {
  const own = fragments.get(unit);
  const template = templateOf(unit);
  const found = own ?? (template === null ? undefined : fragments.get(template));
  const enablement = enablementOf(found, links.get(unit) ?? [], installs);
  const isOfItsOwn = own !== undefined && template !== null && isOwn(own.fragment, template);
  return isOfItsOwn ? { enablement, ownFile: own.fragment.path } : { enablement };
}

const isOwn = (fragment: Fragment, template: string): boolean =>
  !fragment.masks && (fragment.target === null || path.basename(fragment.target) !== template);

function enablementOf(found: Found | undefined, linking: readonly PlaceKind[], installs: (file: string) => boolean): string {
  if (found?.fragment.masks) return found.kind === 'config' || found.kind === 'vendor' ? 'masked' : 'masked-runtime';
  if (found?.kind === 'transient' || found?.kind === 'generated') return found.kind;
  if (linking.includes('config')) return 'enabled';
  if (linking.some((kind) => kind !== 'vendor')) return 'enabled-runtime';
  if (linking.length > 0) return 'static';
  if (found?.fragment.target) return found.kind === 'runtime' ? 'linked-runtime' : 'linked';
  return found === undefined || installs(found.fragment.path) ? 'disabled' : 'static';
}

const hasInstallSection = (file: string): boolean => {
  try {
    return /^\[Install\]\s*$/m.test(readFileSync(file, 'utf8'));
  } catch {
    return true;
  }
};
