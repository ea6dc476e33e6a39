import { type Environment, startGit } from './command.ts';
import { GitError, gitFailed } from './findings.ts';
import type { Repository } from './repository.ts';

export interface GitObject {
  readonly id: string;
  readonly type: string;
  readonly bytes: number;
  /** `null` when it is larger than anything that is read here, or when too much was read already. */
  readonly content: Buffer | null;
}

/** Largest object that is kept. Folders of a repository can be large; files beyond 1 MiB are refused by their size alone. */
const maxObjectBytes = 16 * 1024 * 1024;
const maxTotalBytes = 64 * 1024 * 1024;

/**
 * Objects of one repository, asked for one after another of one `git cat-file --batch`: a process for each question would cost
 * more than all the answers. Rejects with a `GitError` when git is not there, fails, or takes longer than 30 s altogether.
 */
export class ObjectReader {
  readonly #child: ReturnType<typeof startGit>;
  readonly #asked: { readonly resolve: (object: GitObject | null) => void; readonly reject: (error: Error) => void }[] = [];
  #failure: Error | null = null;
  /** What came of a line that is not whole yet. What is no header is only ever compared with one: any encoding will do. */
  #line = '';
  /** The object whose content is coming; `left` counts its closing line break. */
  #open: { readonly object: Omit<GitObject, 'content'>; readonly chunks: Buffer[] | null; left: number } | null = null;
  #kept = 0;

  constructor(repository: Repository, env: Environment) {
    this.#child = startGit(repository, env, ['cat-file', '--batch']);
    this.#child.stdout.on('data', (chunk: Buffer) => this.#take(chunk));
    this.#child.ended.then(
      ({ stderr }) => this.#fail(new GitError(gitFailed('cat-file', stderr === '' ? 'it ended early' : stderr))),
      (error: Error) => this.#fail(error),
    );
  }

  /** The object of that name (git's revision syntax), or `null` when there is none. The name must be one line. */
  read(name: string): Promise<GitObject | null> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== null) return reject(this.#failure);
      this.#asked.push({ resolve, reject });
      this.#child.stdin.write(`${name}\n`);
    });
  }

  /** Lets git go; nobody has to wait for it. */
  close(): void {
    this.#child.stdin.end();
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of this.#asked.splice(0)) reject(this.#failure);
  }

  #take(chunk: Buffer): void {
    for (let at = 0; at < chunk.length; ) at = this.#open === null ? this.#header(chunk, at) : this.#content(chunk, at);
  }

  #header(chunk: Buffer, at: number): number {
    const end = chunk.indexOf(0x0a, at);
    this.#line += chunk.toString('latin1', at, end < 0 ? chunk.length : end);
    if (end < 0) return chunk.length;
    const line = this.#line;
    this.#line = '';
    const [, id, type, size] = /^([0-9a-f]{40,64}) (commit|tree|blob|tag) (\d+)$/.exec(line) ?? [];
    if (id === undefined || type === undefined || size === undefined) {
      this.#asked.shift()?.resolve(null);
      return end + 1;
    }
    const bytes = Number(size);
    const keep = bytes <= maxObjectBytes && this.#kept + bytes <= maxTotalBytes;
    if (keep) this.#kept += bytes;
    this.#open = { object: { id, type, bytes }, chunks: keep ? [] : null, left: bytes + 1 };
    return end + 1;
  }

  #content(chunk: Buffer, at: number): number {
    const open = this.#open;
    if (open === null) return at;
    const end = Math.min(chunk.length, at + open.left);
    open.chunks?.push(chunk.subarray(at, end));
    open.left -= end - at;
    if (open.left > 0) return end;
    this.#open = null;
    const content = open.chunks === null ? null : Buffer.concat(open.chunks).subarray(0, open.object.bytes);
    this.#asked.shift()?.resolve({ ...open.object, content });
    return end;
  }
}
