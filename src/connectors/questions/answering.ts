import { createHash } from 'node:crypto';
import type { InboundMessage } from '../../model/chat-messages.ts';
import type { ConnectorClock } from '../../model/connectors.ts';
import { messageOf } from '../../model/message-of.ts';
import type { RecordLog } from '../../model/record-log.ts';
import type { HandOver } from '../bridge/inbound.ts';
import { pace } from '../bridge/pace.ts';
import type { OutboundRecord } from '../bridge/records.ts';
import { outboundMessage, queue } from '../bridge/say.ts';
import { type Question, questionOf } from './question.ts';

export interface Answering {
  /** In Markdown. What it rejects with is told instead. */
  readonly answer: (question: Question) => Promise<string>;
  /** Where answers are queued. */
  readonly outbound: RecordLog<OutboundRecord>;
  readonly note: (text: string) => void;
  readonly clock: Pick<ConnectorClock, 'now' | 'date'>;
}

/** So many at once from one sender, then one every so often. */
const rate = { burst: 5, perSecond: 0.2 } as const;

/**
 * Answers what is asked of the bridge, and hands on all else. Only what was let in comes here, so that only operators are answered, and never
 * the fleet itself. The id of an answer is made of the question's: one that is asked again after a crash is answered once. Who asks too often is told
 * so once, and then answered when he has waited.
 */
export function answering({ answer, outbound, note, clock }: Answering, handOver: HandOver): HandOver {
  const paces = pace(rate, clock.now);
  const slowed = new Set<string>();
  const textFor = async (question: Question, senderId: string): Promise<string | null> => {
    const wait = paces.waitFor(senderId);
    if (wait === 0) {
      paces.spend(senderId);
      slowed.delete(senderId);
      return answer(question).catch((error: unknown) => `I cannot tell that now: ${messageOf(error)}`);
    }
    if (slowed.has(senderId)) return null;
    slowed.add(senderId);
    return `That is too many questions. Ask again in ${Math.ceil(wait / 1000)} seconds.`;
  };
  return async (message, via) => {
    const question = questionOf(message);
    if (question === null) return handOver(message, via);
    const text = await textFor(question, message.senderId);
    if (text === null) note(`a question of ${message.senderId} is not answered: too many at once`);
    else await queue(outbound, answerTo(message, via, text, clock.date().toISOString()));
    return 'taken';
  };
}

const answerTo = ({ id, conversationId, threadId }: InboundMessage, via: string, text: string, at: string) =>
  outboundMessage({
    id: `answer-${createHash('sha256').update(`${via}\0${id}`).digest('hex').slice(0, 40)}`,
    via,
    conversationId,
    threadId,
    replyToId: id,
    text,
    sender: 'muster',
    at,
  });
