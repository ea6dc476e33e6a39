import type { Message } from '../../model/agents.ts';
import type { InboundAttachment, InboundMessage } from '../../model/chat-messages.ts';
import { visible } from '../../model/visible.ts';

/**
 * A message of the operator as the orchestrator's inbox keeps it. The sender is never a bare name, so that it is never typed as a plain text of
 * the user: it begins with a line that says who sent it, and this one is followed by a line that says where and when.
 */
export function envelope(agent: string, message: InboundMessage, via: string): Message {
  return {
    format_version: '1.0',
    id: messageId(via, message.id),
    agent,
    sender: `${visible(message.senderId)} via ${via}`,
    text: [`[${context(message)}]`, plain(message.text), ...message.attachments.filter(isElsewhere).map(attachmentLine)]
      .filter((line) => line !== '')
      .join('\n'),
    attachments: message.attachments.flatMap(({ path }) => path ?? []),
    at: message.at,
    expires: null,
  };
}

/** The same for the same message, so that an inbox knows one that is handed over again. */
export const messageId = (via: string, id: string): string => `${via}:${visible(id)}`;

const context = ({ kind, targetId, threadId, replyToId, at }: InboundMessage): string =>
  [
    threadId === null ? 'no thread' : `thread ${visible(threadId)}`,
    ...(kind === 'edit' ? [`new text of message ${visible(targetId ?? '?')}`] : []),
    ...(kind === 'reaction' ? [`reaction to message ${visible(targetId ?? '?')}`] : []),
    ...(replyToId === null ? [] : [`in reply to ${visible(replyToId)}`]),
    visible(at),
  ].join(', ');

/** What changes the direction of a text can make it look like another one; half characters are none. */
const plain = (text: string): string => text.replace(/[\u202a-\u202e\u2066-\u2069]/g, '').replace(/\p{Cs}/gu, '\ufffd');

const isElsewhere = ({ path }: InboundAttachment): boolean => path === null;

const attachmentLine = ({ name, mediaType, bytes, reference }: InboundAttachment): string => {
  const facts = [mediaType ?? 'unknown kind', bytes === null ? 'unknown size' : `${bytes} bytes`].map(visible).join(', ');
  return `Attached: ${visible(name)} (${facts}), ${visible(reference)}`;
};
