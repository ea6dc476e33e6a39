import type { OutboundPart } from '../../model/chat-messages.ts';
import type { FindResult } from '../../model/connectors.ts';
import { isFields } from '../../model/shape.ts';
import type { Failure } from './outcome.ts';
import type { SendDeps } from './send.ts';
import { type ApiMessage, list, readMessage } from './shapes.ts';
import { idAt, isAfter, isSnowflake, latest, type Snowflake } from './snowflake.ts';

interface Sought {
  readonly part: OutboundPart;
  readonly target: Snowflake;
  readonly nonce: string;
}

const perPage = 100;
/** By which the clock of this host, set right by the server's, may still be wrong. */
const marginMs = 5000;

/**
 * Looks through what was said since for our own message: by its nonce, else, as old messages need not have theirs any more, by its words.
 */
export async function findPart(deps: SendDeps, { part, target, nonce }: Sought): Promise<FindResult> {
  const me = await ownId(deps);
  if (typeof me !== 'string') return unknown(me);
  const tried = Date.parse(part.triedAt ?? '') || deps.clock.date().getTime();
  const from = idAt(tried + (deps.rest.skewMs() ?? 0) - marginMs);
  let alike: ApiMessage | null = null;
  for (let after = from; ; ) {
    const path = `/channels/${target}/messages?after=${after}&limit=${perPage}`;
    const answer = await deps.rest.call({ method: 'GET', path });
    if (answer.kind === 'denied' && answer.status === 404) return { found: 'no' };
    if (answer.kind !== 'ok') return unknown(answer);
    const page = list(answer.body);
    const own = page.flatMap((each) => readMessage(each) ?? []).filter(({ authorId }) => authorId === me);
    const exact = own.find((message) => message.nonce === nonce);
    if (exact !== undefined) return { found: 'yes', ids: [exact.id] };
    alike ??= own.find((message) => isAlike(message, part) && !deps.echoes.isOther(message.id, nonce)) ?? null;
    const end = latest(page.flatMap((each) => (isFields(each) && isSnowflake(each.id) ? each.id : [])));
    if (page.length < perPage || !isAfter(end, after))
      return alike === null ? { found: 'no' } : { found: 'yes', ids: [alike.id] };
    after = end;
  }
}

async function ownId({ rest }: SendDeps): Promise<Snowflake | Failure> {
  const answer = await rest.call({ method: 'GET', path: '/users/@me' });
  if (answer.kind !== 'ok') return answer;
  const id = isFields(answer.body) ? answer.body.id : undefined;
  return isSnowflake(id) ? id : { kind: 'lost', detail: 'it does not say who the bot is' };
}

const isAlike = ({ content, nonce, attachments }: ApiMessage, part: OutboundPart): boolean =>
  nonce === null && content.trim() === part.text.trim() && attachments.length === part.attachments.length;

function unknown(answer: Failure): FindResult {
  const detail = answer.kind === 'lost' || answer.kind === 'unsent' ? answer.detail : `it cannot be asked: ${answer.kind}`;
  return { found: 'unknown', detail };
}
