import type { Copy, Reseed } from './three-way.ts';

/** Texts of documents that ship with a version, by name: `roles/coder.md`, `presets/coding.yaml`. */
export type Shipped = Readonly<Record<string, string>>;

/** What copies were made of, by their path in the roster directory. It is committed with them: `.muster/seeded.json`. */
export type Seeds = Readonly<Record<string, { readonly of: string; readonly text: string }>>;

export interface Found {
  /** In the roster directory. */
  readonly path: string;
  readonly text: string;
  readonly beside: string | null;
  readonly committed: boolean;
}

/** Whether the file was committed with this very text once. */
export type WasOnce = (path: string, text: string) => boolean;

/**
 * Which of the files are copies, and of what: by the record; else role documents by their name, and rosters by being, or having been once, as a
 * preset was shipped. One that only has a preset's name is its author's own. `then`: what the version before shipped, where that is known.
 */
export function copiesAmong(
  files: readonly Found[],
  seeds: Seeds,
  now: Shipped,
  then: Shipped,
  wasOnce: WasOnce,
): readonly Copy[] {
  return files.flatMap((file): Copy[] => {
    const { path, text } = file;
    const cameFrom = (shipped: string | null): boolean =>
      shipped !== null && (isSameText(shipped, text) || wasOnce(path, shipped));
    const seed = Object.hasOwn(seeds, path) ? seeds[path] : undefined;
    const of = seed?.of ?? originOf(path, [now, then], cameFrom);
    if (of === null) return [];
    const theirs = at(now, of);
    const base = seed?.text ?? [theirs, at(then, of)].find(cameFrom) ?? null;
    const { beside, committed } = file;
    return [{ path, of, base, theirs, mine: text, beside, committed }];
  });
}

function originOf(path: string, versions: readonly Shipped[], cameFrom: (shipped: string) => boolean): string | null {
  if (path.startsWith('roles/')) return versions.some((shipped) => Object.hasOwn(shipped, path)) ? path : null;
  const presets = versions.flatMap((shipped) => Object.entries(shipped).filter(([name]) => name.startsWith('presets/')));
  return presets.find(([, text]) => cameFrom(text))?.[0] ?? null;
}

const at = (shipped: Shipped, name: string): string | null => (Object.hasOwn(shipped, name) ? (shipped[name] ?? null) : null);

const isSameText = (a: string, b: string): boolean => a.replaceAll('\r\n', '\n') === b.replaceAll('\r\n', '\n');

/** What is to be recorded once all is done. A copy that is there no more is forgotten. */
export function nextSeeds(outcomes: readonly Reseed[]): Seeds {
  const known = outcomes.flatMap(({ path, of, base }) => (base === null ? [] : [[path, { of, text: base }] as const]));
  return Object.fromEntries(known.sort(([a], [b]) => (a < b ? -1 : 1)));
}

export function sameSeeds(a: Seeds, b: Seeds): boolean {
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => a[name]?.of === b[name]?.of && a[name]?.text === b[name]?.text)
  );
}
