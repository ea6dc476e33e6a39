/** Words of the doctor: what it looks at, what it finds, what mends it. Fields of its JSON: `docs/cli.md`. */

export const checkStates = ['ok', 'warning', 'failing', 'unchecked'] as const;
export type CheckState = (typeof checkStates)[number];

export const checkGroups = ['system', 'user manager', 'programs', 'files', 'fleet'] as const;
export type CheckGroup = (typeof checkGroups)[number];

/** What the doctor may do by itself: each is safe, and a second time changes nothing. */
export interface Fix {
  /** `chmod` takes permission bits away. */
  readonly verb: 'linger' | 'chmod' | 'start';
  /** Users, absolute paths, or units. */
  readonly targets: readonly string[];
  /** The bits; of `chmod` alone. */
  readonly without?: number;
}

/** What came of one look. */
export interface Finding {
  /** Tells findings of one point apart, such as `claude` of `runtime`; absent where there is one. */
  readonly about?: string;
  readonly state: CheckState;
  /** One line, no full stop. */
  readonly finding: string;
  /** Why it matters; of `unchecked`: why it could not be looked at. */
  readonly detail?: string;
  /** What to type; one command a line. */
  readonly mend?: readonly string[];
  readonly fix?: Fix;
}

export interface Check extends Omit<Finding, 'about'> {
  /** Point, and what it is about: `linger`, `runtime/claude`. Permanent. */
  readonly id: string;
  readonly group: CheckGroup;
}

export interface Fixed {
  readonly id: string;
  readonly fix: Fix;
  readonly outcome: 'done' | 'failed';
  /** Why it failed. */
  readonly detail?: string;
}

export interface Examination {
  readonly format_version: '1.0';
  readonly host: string;
  readonly tenant: string;
  /** Of Muster. */
  readonly version: string;
  readonly summary: Readonly<Record<CheckState, number>>;
  readonly checks: readonly Check[];
  /** What `--fix` did; the checks are those of a look after it. */
  readonly fixed: readonly Fixed[];
}
