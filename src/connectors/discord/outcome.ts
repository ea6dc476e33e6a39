import type { Missing, SendResult } from '../../model/connectors.ts';
import type { Answer } from './rest.ts';

export type Failure = Exclude<Answer, { kind: 'ok' }>;
export type Denial = Answer & { readonly kind: 'denied' };

const waitForPeopleMs = 60_000;

/** What it means for a part that its request was answered so. Codes as in "JSON Error Codes" of Discord's documentation. */
export function outcomeOf(answer: Failure): SendResult {
  switch (answer.kind) {
    case 'limited':
      return { outcome: 'rate-limited', retryAfterMs: answer.retryAfterMs };
    case 'unsent': {
      const { detail, retryAfterMs } = answer;
      return { outcome: 'unavailable', detail, ...(retryAfterMs !== undefined && { retryAfterMs }) };
    }
    case 'lost':
      return { outcome: 'unknown', detail: answer.detail };
    case 'unauthorized':
      return { outcome: 'unavailable', detail: 'Discord does not accept the token of the bot', retryAfterMs: waitForPeopleMs };
    case 'denied':
      return ofDenial(answer);
  }
}

function ofDenial(denial: Denial): SendResult {
  const { code, message, at } = denial;
  const why = `Discord says: ${message} (${code})${at.length === 0 ? '' : ` at ${at.join(', ')}`}`;
  // As soon as it is granted everything that waits is said.
  if (isPermission(denial)) return { outcome: 'unavailable', detail: why, retryAfterMs: waitForPeopleMs };
  return { outcome: 'rejected', reason: reasons[code] ?? 'refused', detail: why };
}

const reasons: Readonly<Record<number, string>> = {
  10003: 'thread-gone',
  10008: 'message-gone',
  40005: 'too-large',
  50006: 'empty',
  160005: 'thread-locked',
  200000: 'blocked-by-moderation',
};

export const isPermission = ({ status, code }: Denial): boolean =>
  code === 50_001 || code === 50_013 || (status === 403 && code === 0);

/** For what sending has found out before anybody has looked. */
export const cannotSpeak = (where: string): Missing => ({
  what: 'SEND_MESSAGES',
  detail: `the bot may not speak ${where}`,
  remedy: 'allow it Send Messages and Send Messages in Threads, in the permissions of the channel',
});

export const noSuchChannel: Missing = {
  what: 'channel',
  detail: 'the channel is gone',
  remedy: 'write the id of another channel into the roster as channel_id',
};
