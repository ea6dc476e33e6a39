import type { Failure } from './outcome.ts';
import type { Rest } from './rest.ts';
import type { DiscordSettings } from './settings.ts';
import { isThread, readChannel, readMessage } from './shapes.ts';
import type { Snowflake } from './snowflake.ts';
import type { Threads } from './threads.ts';

export interface OpenDeps {
  readonly rest: Rest;
  readonly settings: DiscordSettings;
  readonly threads: Threads;
}

export type Opened = { readonly kind: 'open' } | { readonly kind: 'not'; readonly answer: Failure };

const hasThread = 160_004;
const longestTitle = 100;

/**
 * Opens the thread that begins with a message. It has the message's id, and a message has one, so that it may be asked for again: whether it
 * is there after an unknown outcome is looked up first.
 */
export async function openFrom({ rest, settings, threads }: OpenDeps, messageId: Snowflake, title: string): Promise<Opened> {
  if (threads.has(messageId)) return { kind: 'open' };
  const isThere = await lookUp({ rest, settings, threads }, messageId);
  if (isThere.kind === 'open' || isThere.answer.kind !== 'denied') return isThere;
  const path = `/channels/${settings.channelId}/messages/${messageId}/threads`;
  const answer = await rest.call({ method: 'POST', path, json: { name: nameOf(title) } });
  if (answer.kind === 'ok') {
    const thread = readChannel(answer.body);
    if (thread !== null) threads.note(thread);
    return { kind: 'open' };
  }
  if (answer.kind === 'denied' && answer.code === hasThread) return lookUp({ rest, settings, threads }, messageId);
  if (answer.kind !== 'lost') return { kind: 'not', answer };
  const after = await lookUp({ rest, settings, threads }, messageId);
  // That it is not there yet is no refusal: it is asked for again.
  return after.kind === 'open' ? after : { kind: 'not', answer };
}

async function lookUp({ rest, settings, threads }: OpenDeps, id: Snowflake): Promise<Opened> {
  const answer = await rest.call({ method: 'GET', path: `/channels/${id}` });
  if (answer.kind !== 'ok') return { kind: 'not', answer };
  const channel = readChannel(answer.body);
  if (channel === null || !isThread(channel) || channel.parentId !== settings.channelId)
    return { kind: 'not', answer: { kind: 'denied', status: 404, code: 10_003, message: 'no thread of the channel', at: [] } };
  threads.note(channel);
  return { kind: 'open' };
}

/** A title for the thread of a message, from its first words. */
export async function titleFrom(
  { rest, settings }: OpenDeps,
  messageId: Snowflake,
): Promise<{ readonly kind: 'title'; readonly title: string } | { readonly kind: 'not'; readonly answer: Failure }> {
  const answer = await rest.call({ method: 'GET', path: `/channels/${settings.channelId}/messages/${messageId}` });
  if (answer.kind !== 'ok') return { kind: 'not', answer };
  return { kind: 'title', title: readMessage(answer.body)?.content ?? '' };
}

/** Titles have 1 to 100 characters, on one line. */
export function nameOf(title: string): string {
  const [line = ''] = title.split('\n').filter((each) => each.trim() !== '');
  const plain = line.replace(/\s+/g, ' ').trim();
  if (plain.length <= longestTitle) return plain === '' ? 'Topic' : plain;
  return `${plain.slice(0, longestTitle - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}
