/** What an agent's inbox keeps, and what keeping it asks of a host. A method that cannot do its work rejects with a `PortError`. */

import type { Message, Receipt } from './agents.ts';

/** One line of a journal. Their order is the order of the messages; of several messages with one id the first one counts. */
export type InboxRecord =
  | { readonly format_version: '1.0'; readonly kind: 'message'; readonly message: Message }
  /** Written before the first byte is typed: where nothing follows it, nobody knows how far that came. */
  | {
      readonly format_version: '1.0';
      readonly kind: 'typing';
      readonly id: string;
      readonly at: string;
      /** InvocationID of the unit run that it is typed to. */
      readonly invocation: string;
      /** Name of the tmux buffer that holds the text meanwhile. */
      readonly buffer: string;
    }
  /** The pane was not to be had after all: nothing was typed. */
  | { readonly format_version: '1.0'; readonly kind: 'untyped'; readonly id: string; readonly at: string }
  | { readonly format_version: '1.0'; readonly kind: 'receipt'; readonly receipt: Receipt }
  | { readonly format_version: '1.0'; readonly kind: 'forgotten'; readonly id: string; readonly at: string };

/** The journal of one agent. Many processes may append at once. */
export interface InboxJournal {
  /** All records, oldest first. What is damaged is left out. */
  read(): Promise<readonly InboxRecord[]>;
  /** On the disk when it resolves, all or none of them. */
  append(records: readonly InboxRecord[]): Promise<void>;
  /** Puts what `shorten` leaves in the place of a journal that has grown large. For whoever holds the delivery lock. */
  compact(shorten: (records: readonly InboxRecord[]) => readonly InboxRecord[]): Promise<void>;
}

/** One deliverer an agent; a crash releases it. */
export interface DeliveryLock {
  /** `null`: somebody else delivers. */
  acquire(agent: string): Promise<HeldDelivery | null>;
}

export interface HeldDelivery {
  /** Aborted when the lock is gone unreleased: nothing more may be typed. */
  readonly lost: AbortSignal;
  release(): Promise<void>;
}

/** Where an agent runs now. */
export interface AgentRun {
  /** `live`: there is a run of its unit. `starting`: systemd is bringing it up. `down`: it rests or has failed. */
  readonly phase: 'live' | 'starting' | 'down';
  /** InvocationID of the run; empty where there is none. */
  readonly invocation: string;
  /** Absolute path of the tmux socket of all agents; `null` while no holder runs. */
  readonly socket: string | null;
  /** For people. */
  readonly detail: string;
}

export interface RunReader {
  find(agent: string): Promise<AgentRun>;
}

/** Why a message is not delivered now, was refused, or what is not known of it. Told in `docs/agents.md`. */
export const deliveryReasons = [
  'agent-down',
  'agent-starting',
  'session-missing',
  'pane-dead',
  'pane-mode',
  'input-off',
  'line-mode',
  'dialog',
  'draft',
  'busy',
  'rate-limited',
  'screen-unclear',
  'inbox-full',
  'withdrawn',
  'expired',
  'interrupted',
  'agent-ended',
  'not-seen',
  'mixed',
  'no-evidence',
  'tmux-failed',
] as const;
export type DeliveryReason = (typeof deliveryReasons)[number];

/** What shows what became of a message. Told in `docs/agents.md`. */
export const evidenceNames = [
  'transcript-turn',
  'transcript-record',
  'runtime-state',
  'heartbeat',
  'runtime-queue',
  'composer-empty',
  'scrollback',
  'composer-text',
  'stored',
] as const;
export type EvidenceName = (typeof evidenceNames)[number];

/** What keeps an agent from taking a message now. Nothing was typed. */
export interface Obstacle {
  readonly reason: DeliveryReason;
  /** For people. */
  readonly detail: string;
}
