import type { InboundMessage, RemoteId } from '../../model/chat-messages.ts';
import type { Refusal } from './records.ts';

export interface GatePolicy {
  /** Immutable ids. Empty: nobody. */
  readonly operators: ReadonlySet<RemoteId>;
  /** Messages of one sender that may wait for the orchestrator. */
  readonly backlog: number;
}

/** What the gate has to know besides the message. */
export interface GateView {
  /** Whether we were given this id when we said something. */
  isSaid(id: RemoteId): boolean;
  /** Messages of a sender that wait. */
  waitingOf(sender: RemoteId): number;
}

/**
 * Whether a message is let in: of whatever kind, live or caught up with. `null`: it is. By the sender's id alone; an empty list of operators
 * admits nobody. What we said ourselves never comes back in, and what programs say does not, whoever they are.
 */
export function refusalOf(message: InboundMessage, policy: GatePolicy, view: GateView): Refusal | null {
  if (message.isOwn || view.isSaid(message.id)) return 'own';
  if (message.isBot) return 'program';
  if (!policy.operators.has(message.senderId)) return 'stranger';
  return view.waitingOf(message.senderId) >= policy.backlog ? 'flood' : null;
}
