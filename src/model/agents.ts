/** Words of what agents do and what is sent to them. Formats: `docs/agents.md`. */

export const activities = ['starting', 'idle', 'busy', 'waiting-for-input', 'rate-limited', 'hung', 'dead', 'unknown'] as const;
export type ActivityState = (typeof activities)[number];

/** Ranked: the runtime's own word first, what its screen looks like last. `unit`: there is no living process to ask. */
export const evidenceSources = ['runtime', 'transcript', 'heartbeat', 'pane', 'unit'] as const;
export type EvidenceSource = (typeof evidenceSources)[number];

/** What an agent does, who says so, and how old that is. */
export interface Activity {
  readonly state: ActivityState;
  readonly source: EvidenceSource;
  /** RFC 3339, UTC: when the evidence was written; `null` where it is of now. */
  readonly at: string | null;
  /** For people: what was seen. */
  readonly detail: string;
}

/** One process of one boot: a pid alone is given again. `start_time` is field 22 of `/proc/PID/stat`, in clock ticks. */
export interface Incarnation {
  readonly boot_id: string;
  readonly pid: number;
  readonly start_time: number;
}

/** `heartbeat.json` in the run directory of an agent's unit: written by the agent's hooks or by itself. */
export interface Heartbeat {
  readonly format_version: '1.0';
  readonly agent: string;
  readonly incarnation: Incarnation;
  /** systemd's InvocationID of the unit run; empty outside a unit. */
  readonly invocation: string;
  readonly state: string;
  /** RFC 3339, UTC. */
  readonly at: string;
}

/**
 * What is known of a message. `queued`: stored, or typed into a runtime that queues it. `typed`: in the composer, not submitted. `refused`:
 * nothing was typed. `unknown`: something was begun, and its end was not seen; it is never typed again by itself.
 */
export const receiptStates = ['queued', 'typed', 'submitted', 'turn-started', 'refused', 'unknown', 'expired'] as const;
export type ReceiptState = (typeof receiptStates)[number];

export interface Receipt {
  readonly format_version: '1.0';
  readonly id: string;
  readonly agent: string;
  readonly state: ReceiptState;
  /** What shows it, most telling first; closed list in `docs/agents.md`, such as `runtime-state`, `transcript-record`, `composer-empty`. */
  readonly evidence: readonly string[];
  /** Why it was refused, or what is not known. */
  readonly reason: string | null;
  /** RFC 3339, UTC. */
  readonly at: string;
}

export interface Message {
  readonly format_version: '1.0';
  /** Given by the sender, or made of time and chance; the same id is the same message. */
  readonly id: string;
  readonly agent: string;
  /** Who sent it: an agent, or a user. */
  readonly sender: string;
  readonly text: string;
  /** Absolute paths. */
  readonly attachments: readonly string[];
  /** RFC 3339, UTC. */
  readonly at: string;
  /** After this it is not delivered any more. */
  readonly expires: string | null;
}
