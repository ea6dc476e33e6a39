/** What the controller asks of git and of the disk, besides the ports of the host. */

import type { ControllerRecord, HistoryEntry, Suspension } from './controller.ts';
import type { RevisionFiles } from './roster.ts';

/** What the bound branch names now. `key` tells revisions apart: the commit, or the digest of a working tree. */
export type Tip =
  | { readonly readable: true; readonly key: string; readonly commit: string | null }
  | { readonly readable: false; readonly why: string };

export type Verification =
  | { readonly trusted: true; readonly signer: string }
  | { readonly trusted: false; readonly why: string };

/** Refs that keep a commit from git's garbage collection: `refs/muster/…`, apart for each host and tenant. */
export type KeptRef = 'admitted' | 'good';

/** The bound branch. Methods reject with a `PortError`; what a repository says wrong is in `RevisionFiles.diagnostics`. */
export interface RevisionSource {
  tip(): Promise<Tip>;
  /** What a revision says, by its key. A working tree is read as it is now. */
  read(key: string): Promise<RevisionFiles>;
  isAncestor(older: string, newer: string): Promise<boolean>;
  verify(commit: string): Promise<Verification>;
  keep(ref: KeptRef, commit: string): Promise<void>;
  kept(ref: KeptRef): Promise<string | null>;
  /** Brings what the remote has; nothing where there is none. */
  fetch(): Promise<void>;
  /** Why the last fetch failed: what the remote has now is not known. `null` where it did not, absent where there is no remote. */
  unfetched?(): string | null;
  /** Calls back whenever the branch may have moved; gives the function that ends it. */
  watch(onChange: () => void): Promise<() => Promise<void>>;
}

export interface ControllerStore {
  /** `null` before the first; rejects where it is damaged or of a newer format. */
  load(): Promise<ControllerRecord | null>;
  save(record: ControllerRecord): Promise<void>;
  /** Durable when it resolves. Old entries are rotated away. */
  append(entry: HistoryEntry): Promise<void>;
}

export interface HistoryReader {
  /** Newest last; lines that are damaged are left out. */
  last(count: number): Promise<readonly HistoryEntry[]>;
  /** Of those that are such; newest last. */
  newest<Entry extends HistoryEntry>(isSuch: (entry: HistoryEntry) => entry is Entry, count: number): Promise<readonly Entry[]>;
}

export interface SuspensionReader {
  /** Those in force now. One whose file cannot be read is in force, with its reason. */
  list(): Promise<readonly Suspension[]>;
}

export interface SuspensionWriter {
  suspend(suspension: Suspension): Promise<void>;
  /** Whether there was one. */
  resume(kind: Suspension['kind'], name: string): Promise<boolean>;
}
