/** Flags that several commands share, as the command line names them. */
export interface SourceFlags {
  readonly rosters: string;
  readonly ref: string;
  readonly worktree?: boolean;
}

export interface HostFlags {
  readonly host?: string;
  readonly tenant?: string;
}

export interface OutputFlags {
  readonly json?: boolean;
  readonly format?: string;
  readonly color?: boolean;
  readonly quiet?: boolean;
}
