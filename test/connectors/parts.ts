import type { OutboundPart } from '../../src/model/chat-messages.ts';

/** A part of a message, for the conversation itself unless it is said otherwise. */
export const partOf = (more: Partial<OutboundPart> = {}): OutboundPart => ({
  transaction: 'say-1.0',
  sender: 'orchestrator',
  conversationId: null,
  threadId: null,
  newThread: null,
  replyToId: null,
  text: 'hello',
  attachments: [],
  triedAt: null,
  ...more,
});
