import { unescapePointer } from './pointer.ts';

/** Places of `HostState` that a diff must not look at. */
export interface Hidden {
  readonly linger: boolean;
  readonly files: Shade;
  readonly units: Shade;
  readonly sessions: Shade;
  /** Single fields of units that are otherwise visible, by unit. */
  readonly fields: ReadonlyMap<string, ReadonlySet<string>>;
}

export interface Shade {
  readonly all: boolean;
  readonly keys: ReadonlySet<string>;
}

const sections = ['files', 'units', 'sessions'] as const;

export const hidesNothing = ({ all, keys }: Shade): boolean => !all && keys.size === 0;

export const isHidden = (shade: Shade, key: string): boolean => shade.all || shade.keys.has(key);

/** Collects JSON Pointers into `HostState` (`/linger`, `/units`, `/units/UNIT`, `/units/UNIT/FIELD`, …). */
export function hiddenPlaces(pointers: Iterable<string>): Hidden {
  const all = new Set<string>();
  const keys = { files: new Set<string>(), units: new Set<string>(), sessions: new Set<string>() };
  const fields = new Map<string, Set<string>>();
  for (const path of pointers) {
    const [, section = '', key, field] = path.split('/');
    if (key === undefined) all.add(section);
    else if (field !== undefined) noteField(fields, unescapePointer(key), field);
    else keys[sectionOf(section)].add(unescapePointer(key));
  }
  const shade = (section: (typeof sections)[number]): Shade => ({ all: all.has(section), keys: keys[section] });
  return { linger: all.has('linger'), files: shade('files'), units: shade('units'), sessions: shade('sessions'), fields };
}

function noteField(fields: Map<string, Set<string>>, unit: string, field: string): void {
  const known = fields.get(unit);
  if (known === undefined) fields.set(unit, new Set([field]));
  else known.add(field);
}

function sectionOf(name: string): (typeof sections)[number] {
  const section = sections.find((known) => known === name);
  if (section === undefined) throw new TypeError(`no such part of a host's state: ${name}`);
  return section;
}
