import type { Activity } from './agents.ts';
import type { Diagnostic } from './diagnostic.ts';
import type { HostFacts } from './observation.ts';
import type { ConnectorState, Status, StatusAgent } from './status.ts';

/** What is seen of one agent besides its unit and its session. `null`: it could not be told. */
export interface Signs {
  readonly activity: Activity;
  readonly inbox: InboxDepth | null;
  /** Of the unit's cgroup, in bytes; also what the kernel caches for it. */
  readonly memory: number | null;
  /** Seconds of processor time that the unit's cgroup has used in this run. */
  readonly cpu: number | null;
}

/** Places of a report's `unknown` that are no fault of anybody: a kernel that does not count for units of a user. */
export const uncounted = { memory: '/agents/*/memory', cpu: '/agents/*/cpu' } as const;

export interface InboxDepth {
  /** Messages that are to be delivered, or are being typed. */
  readonly waiting: number;
  /** Those that will not be delivered any more. */
  readonly dead: number;
}

export interface ReportedAgent extends StatusAgent, Signs {
  /** Kind of the connector of its fleet. */
  readonly connector: string;
  /** How that is; only with the orchestrator, at whose end it is. */
  readonly connector_state: ConnectorState | null;
}

/** What `ps --json` prints: a status with what each agent does. */
export interface StatusReport extends Status {
  readonly agents: readonly ReportedAgent[];
}

/** What a running controller says of its fleets. */
export interface ReportAnswer {
  readonly format_version: '1.0';
  /** Of which host, and of whose files. */
  readonly facts: HostFacts;
  readonly report: StatusReport;
  /** What could not be read. */
  readonly findings: readonly Diagnostic[];
  /** Nothing is missing that a status is made of. */
  readonly whole: boolean;
}
