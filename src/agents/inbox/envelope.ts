import type { Message } from '../../model/agents.ts';
import { oneLine, typable } from './text.ts';

/**
 * What is typed for a message. Its first line says who sent it, so that the text never begins with a character that the runtime takes
 * for a command (`sigils`). Only a plain text of the operator, the user whose agents these are, goes as it is.
 */
export function composed(message: Message, sigils: readonly string[], operator: string): string {
  const { sender, id, attachments } = message;
  const text = typable(message.text);
  const body = [text, ...attachments.map((path) => `Attached: ${oneLine(path)}`)].join('\n');
  const plain = sender === operator && !sigils.some((sigil) => text.trimStart().startsWith(sigil));
  return plain ? body : `[from ${oneLine(sender)}, id ${oneLine(id)}]\n${body}`;
}
