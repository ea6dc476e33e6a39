/** Flags that several commands share, as the command line names them. */
export interface SourceFlags {
  readonly rosters: string;
  readonly ref: string;
  readonly worktree?: boolean;
  /** No flag: on a private host, rosters of the host and user for whom a change is rehearsed are taken for its own. */
  readonly rehearsed?: { readonly host: string; readonly tenant: string };
}

export interface HostFlags {
  readonly host?: string;
  readonly tenant?: string;
}

export const formats = ['text', 'json', 'markdown', 'github'] as const;
export type Format = (typeof formats)[number];

export interface OutputFlags {
  readonly json?: boolean;
  readonly format?: Format;
  /** False with `--no-color`. */
  readonly color?: boolean;
  readonly quiet?: boolean;
}

export const formatOf = ({ json, format }: OutputFlags): Format => (json === true ? 'json' : (format ?? 'text'));
