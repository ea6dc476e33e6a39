import type { Diagnostic, Place } from './diagnostic.ts';

/** A roster as written, with every default filled in. Shapes and defaults: `docs/rosters.md`. */
export interface Roster {
  readonly file: string;
  readonly fleet: string;
  readonly profile: string | null;
  /** Host selectors, exact names or globs; `null` selects every host. */
  readonly hosts: readonly string[] | null;
  /** `null` selects whichever user the controller runs as. */
  readonly tenant: string | null;
  readonly tmux: { readonly socket: string; readonly holderSession: string };
  readonly connector: Connector;
  /** Runtimes that the roster declares, over the built-in ones of the same name. */
  readonly runtimes: Readonly<Record<string, Runtime>>;
  readonly agents: readonly Agent[];
  /** The place of the value at a path of keys and indices (or of its nearest written ancestor). */
  readonly locate: (path: Path) => Place;
}

export type Path = readonly (string | number)[];

export interface Agent {
  readonly name: string;
  readonly runtime: string;
  readonly class: string;
  readonly persistentPersona: boolean;
  readonly modelHint: string | null;
  /** May start with `~/`; `null` is the tenant's home. */
  readonly workingDirectory: string | null;
  readonly env: Readonly<Record<string, string>>;
  readonly enabled: boolean;
  readonly state: 'running' | 'stopped';
  readonly lifecycle: 'core' | 'ephemeral';
  readonly onChange: 'restart' | 'next-start';
  readonly resources: Resources;
}

export interface Resources {
  /** systemd syntax: bytes, or with a suffix K, M, G, T. */
  readonly memoryMax?: string;
  /** 1 to 10000. */
  readonly cpuWeight?: number;
  readonly tasksMax?: number;
}

export interface Runtime {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** The built-in runtime whose program this is at heart: its screen, its files and its keys are that one's. */
  readonly like?: string;
}

/** `settings` is the block named after the kind, unjudged: only the kind's own factory knows its shape. */
export interface Connector {
  readonly kind: string;
  readonly operators: readonly string[];
  readonly settings: Readonly<Record<string, unknown>>;
  /** Whether the roster wrote a connector block; absent means tmux. */
  readonly declared: boolean;
}

/** What a revision (or a working tree) says: everything that admission and desired state are made of. */
export interface RosterSet {
  readonly rosters: readonly Roster[];
  /** Role documents by name, the repository's over the shipped ones. */
  readonly roles: Readonly<Record<string, RoleDocument>>;
  /** Findings of reading and parsing; admission adds its own. */
  readonly diagnostics: readonly Diagnostic[];
  /** Texts by file name, for code frames: what looks like a credential is masked in them, places hold. */
  readonly sources: ReadonlyMap<string, string>;
  /** Values that look like credentials, of all files, also of those that are no rosters yet. Absent: none. */
  readonly suspects?: readonly Suspect[];
}

/** A value that looks like a credential: where it stands and what it looks like, never the value. */
export interface Suspect {
  /** Such as `a GitHub token`. */
  readonly looksLike: string;
  readonly place: Place;
}

export interface TextFile {
  /** Path as a user would write it, relative to the repository. */
  readonly file: string;
  readonly text: string;
}

/** What a revision holds: roster files and the repository's own role documents, each sorted by name. */
export interface RosterFiles {
  readonly rosters: readonly TextFile[];
  readonly roles: readonly TextFile[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Files are named from the root of the repository, `rosters/coding.yaml`. */
export interface RevisionFiles extends RosterFiles {
  /** Full name of the commit; `null` when none could be read. */
  readonly revision: string | null;
  /** Whether what was read differs from that commit. */
  readonly dirty: boolean;
  /** Fleets whose mass removal the commit consents to, sorted. */
  readonly trailers: readonly string[];
  /** Absolute; `null` when nothing was found. */
  readonly root: string | null;
  /** The roster directory, relative to `root`; `null` when nothing was found. */
  readonly folder: string | null;
}

export interface RoleDocument {
  readonly name: string;
  /** Classes that the document serves; its own name is always one of them. */
  readonly classes: readonly string[];
  readonly text: string;
  /** Came with the package, and not with the rosters: another version of it is no change of the rosters. */
  readonly shipped?: true;
}

export const agentPath = (index: number, ...rest: Path): Path => ['agents', index, ...rest];
