import type { Digest } from './digest.ts';
import type { FileKey } from './names.ts';

/** What a host is to be, or was brought to, as a document. Keys are sorted; what is absent has no key. */
export interface HostState {
  readonly linger: boolean;
  readonly files: Readonly<Record<FileKey, Digest>>;
  readonly units: Readonly<Record<string, UnitState>>;
  readonly sessions: Readonly<Record<string, true>>;
}

export interface UnitState {
  readonly enabled: boolean;
  readonly active: boolean;
  /** Digest of what the unit runs with; `null` while it does not run. */
  readonly config: Digest | null;
}
