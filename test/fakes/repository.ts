import type { KeptRef, RevisionSource, Tip, Verification } from '../../src/model/controller-ports.ts';
import { digestOfJson } from '../../src/model/digest.ts';
import { PortError } from '../../src/model/ports.ts';
import type { RevisionFiles } from '../../src/model/roster.ts';

/** What a commit holds: roster texts by name, `coding` for `rosters/coding.yaml`. */
export type Rosters = Readonly<Record<string, string>>;

export interface CommitOptions {
  /** Default: what the branch names. */
  readonly parent?: string | null;
  /** Default: true. */
  readonly signed?: boolean;
  readonly trailers?: readonly string[];
}

interface Commit {
  readonly parent: string | null;
  readonly rosters: Rosters;
  readonly signed: boolean;
  readonly trailers: readonly string[];
}

/** A repository in memory: commits, one branch, kept refs, and what may be wrong with them. */
export class Repository implements RevisionSource {
  /** What it holds is read as files that nobody has committed: they are there until the next ones are. */
  isWorktree = false;
  /** What the branch names; `null`: there is no such branch. */
  branch: string | null = null;
  /** The commit that was made last. */
  last: string | null = null;
  /** Why git does not answer at all; `null`: it does. */
  trouble: string | null = null;
  /** Commits of which something cannot be read. */
  readonly corrupt = new Set<string>();
  /** Commits that were read, and those whose signature was looked at, in order. */
  readonly reads: string[] = [];
  readonly verified: string[] = [];
  readonly refs = new Map<KeptRef, string>();
  /** Called before a ref is written; what it throws is what the caller gets. */
  onKeep: (() => void) | null = null;
  readonly #commits = new Map<string, Commit>();

  /** Makes a commit; the branch follows. */
  commit(rosters: Rosters, { parent = this.branch, signed = true, trailers = [] }: CommitOptions = {}): string {
    const key = (this.#commits.size + 1).toString(16).padStart(8, '0').repeat(5);
    this.#commits.set(key, { parent, rosters, signed, trailers });
    this.branch = key;
    this.last = key;
    return key;
  }

  async tip(): Promise<Tip> {
    this.#answer();
    const { branch } = this;
    if (this.isWorktree && branch !== null) return { readable: true, key: this.#digest(branch), commit: null };
    return branch === null
      ? { readable: false, why: 'there is no branch main' }
      : { readable: true, key: branch, commit: branch };
  }

  async read(key: string): Promise<RevisionFiles> {
    this.#answer();
    this.reads.push(key);
    const commit = this.#commits.get(this.isWorktree ? (this.branch ?? '') : key);
    const { rosters = {}, trailers = [] } = commit ?? {};
    const isWhole = commit !== undefined && !this.corrupt.has(this.isWorktree ? (this.branch ?? '') : key);
    return {
      revision: key,
      dirty: false,
      trailers,
      root: '/repository',
      folder: 'rosters',
      rosters: isWhole
        ? Object.entries(rosters)
            .sort()
            .map(([name, text]) => ({ file: `rosters/${name}.yaml`, text }))
        : [],
      roles: [],
      diagnostics: isWhole
        ? []
        : [{ severity: 'error', code: 'git/failed', summary: `an object of ${key.slice(0, 12)} cannot be read` }],
    };
  }

  async isAncestor(older: string, newer: string): Promise<boolean> {
    this.#answer();
    if (this.isWorktree) return true;
    for (let at: string | null = newer; at !== null; at = this.#commits.get(at)?.parent ?? null) if (at === older) return true;
    return false;
  }

  async verify(commit: string): Promise<Verification> {
    this.#answer();
    this.verified.push(commit);
    if (this.isWorktree) return { trusted: false, why: 'there is no commit' };
    return this.#commits.get(commit)?.signed === true
      ? { trusted: true, signer: 'operator@example.org' }
      : { trusted: false, why: 'there is no signature' };
  }

  async keep(ref: KeptRef, commit: string): Promise<void> {
    this.onKeep?.();
    this.#answer();
    if (!this.isWorktree) this.refs.set(ref, commit);
  }

  async kept(ref: KeptRef): Promise<string | null> {
    this.#answer();
    return this.refs.get(ref) ?? null;
  }

  async fetch(): Promise<void> {
    this.#answer();
  }

  async watch(): Promise<() => Promise<void>> {
    return async () => {};
  }

  #digest(branch: string): string {
    const { rosters, trailers } = this.#commits.get(branch) ?? {};
    return digestOfJson({ rosters: rosters ?? null, trailers: trailers ?? null, corrupt: this.corrupt.has(branch) });
  }

  #answer(): void {
    if (this.trouble !== null) throw new PortError('failed', this.trouble);
  }
}
