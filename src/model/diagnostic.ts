/** A finding that a user can act upon. Codes are permanent and each has its entry in `docs/diagnostics.md`. */
export type Severity = 'error' | 'warning' | 'notice';

/** A place in a file; `line` and `column` start at 1, `endColumn` is exclusive and on the same line. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endColumn?: number;
}

export const diagnosticCodes = [
  // roster text
  'roster/syntax',
  'roster/too-large',
  'roster/aliases',
  'roster/unknown-key',
  'roster/type',
  'roster/value',
  'roster/missing-key',
  'roster/version',
  // admission
  'floor/one-orchestrator',
  'floor/enhancer',
  'floor/waived',
  'names/unique',
  'tmux/one-socket',
  'runtime/known',
  'class/known',
  'secrets/literal',
  'connector/shape',
  'connector/unavailable',
  'connector/operators',
  'connector/shared',
  'connector/one-host',
  'connector/unhealthy',
  'prune/mass',
  'rosters/none',
  // git
  'git/not-found',
  'git/not-a-repository',
  'git/no-commit',
  'git/unknown-revision',
  'git/no-branch',
  'git/no-rosters',
  'git/symlink',
  'git/submodule',
  'git/odd-path',
  'git/failed',
  // edits
  'edit/unsafe',
  'edit/denied',
  'edit/not-committed',
  // controller
  'config/syntax',
  'config/value',
  'revision/not-fast-forward',
  'revision/untrusted',
  // host
  'host/no-bus',
  'host/no-tmux',
  'host/unreadable',
  'unit/masked',
  'unit/foreign',
  'session/foreign',
  'tmux/foreign-server',
  'file/foreign',
  'file/newer-format',
  'runtime/missing',
  'adopt/needed',
  'update/left-alone',
  'plan/stale',
  'plan/format',
  'snapshot/format',
  'output/unwritable',
  'apply/failed',
  'apply/lock-lost',
  'apply/locked',
  'apply/controlled',
  'apply/unsafe-plan',
  'state/unreadable',
  'state/unwritable',
  'suspended',
  'controller/not-running',
  'controller/no-answer',
  'name/unknown',
  'agent/down',
  'agent/no-session',
  'logs/unreadable',
  'message/text',
  'message/unknown',
  'message/refused',
  'inbox/busy',
  'connector/unfit',
  'connector/served',
  'connector/login',
  'chat/elsewhere',
  'heartbeat/state',
  'heartbeat/event',
  'heartbeat/no-agent',
  'heartbeat/unwritable',
  'sandbox/unavailable',
  'usage',
  'internal',
] as const;

export type DiagnosticCode = (typeof diagnosticCodes)[number];

export interface Diagnostic {
  readonly severity: Severity;
  readonly code: DiagnosticCode;
  /** What happened: one line, no full stop. */
  readonly summary: string;
  /** Why it is so, or what follows from it. */
  readonly detail?: string;
  /** What to do. */
  readonly hint?: string;
  readonly place?: Place;
}

export const isError = (diagnostic: Diagnostic): boolean => diagnostic.severity === 'error';
