import type { InboundMessage } from '../../model/chat-messages.ts';
import type { ConnectorClock, Receive } from '../../model/connectors.ts';
import { messageOf } from '../../model/message-of.ts';
import type { Fields } from '../../model/shape.ts';
import { backOff } from '../bridge/back-off.ts';
import { bell } from '../bridge/bell.ts';
import { CatchUpError, catchUp } from './catch-up.ts';
import { type Ears, edit, inbound, isSpoken } from './inbound.ts';
import { contentIntent, type Scene } from './inspect.ts';
import { advance, isCrowded, type Place, settle, writePlace } from './place.ts';
import type { Rest } from './rest.ts';
import { type ApiMessage, readChannel, readMessage } from './shapes.ts';
import type { Snowflake } from './snowflake.ts';
import type { State } from './state.ts';
import { orStopped, Stopped } from './stopped.ts';
import type { Threads } from './threads.ts';

/** Takes what the gateway tells, and hands it on in order, each only when the one before is safe. */
export interface Feed {
  /** An event of the gateway. */
  dispatch(type: string, data: Fields): void;
  /** Something may have been missed: all that came before this is read over REST, before what comes after it. */
  gap(): void;
  /** Hands on until it is stopped. */
  run(stop: AbortSignal): Promise<void>;
  readonly isIdle: boolean;
  /** What was missed is not all there yet. */
  readonly isBehind: boolean;
  readonly place: Place;
}

export interface FeedDeps {
  readonly rest: Rest;
  readonly clock: ConnectorClock;
  readonly threads: Threads;
  readonly state: State;
  readonly scene: Scene;
  readonly ears: Ears;
  readonly receive: Receive;
  /** Why what was missed may not be read now: without the permission it would look as if there were none. `null`: it may. */
  readonly obstacle: (stop: AbortSignal) => Promise<string | null>;
  /** Everything that was missed is there. */
  readonly onCaughtUp: () => void;
  readonly onFailure: (detail: string) => void;
}

type Item = { readonly kind: 'gap' } | { readonly kind: 'message' | 'edit'; readonly message: ApiMessage };

/** What waits is held in memory; when it is more, it is let go, and read over REST later. */
const mostWaiting = 20_000;
const atOnce = 100;
const mostForeign = 20_000;

export function openFeed(deps: FeedDeps, place: Place): Feed {
  const { clock, threads, state, scene, ears } = deps;
  const news = bell(clock);
  const foreign = new Set<Snowflake>();
  let queue: Item[] = [];
  let isIdle = true;
  let isFilling = false;
  let current = place;

  const put = (item: Item): void => {
    if (queue.length >= mostWaiting) queue = [{ kind: 'gap' }];
    if (item.kind !== 'gap' || queue.at(-1)?.kind !== 'gap') queue.push(item);
    isIdle = false;
    news.ring();
  };

  /** Tries until it is safe. */
  const deliver = async (messages: readonly InboundMessage[], next: Place, stop: AbortSignal): Promise<void> => {
    const cursor = isCrowded(next) ? null : writePlace(next);
    for (let failures = 1; !stop.aborted; failures += 1) {
      try {
        await orStopped(deps.receive({ messages, cursor }), stop);
        if (messages.length > 0) state.note({ lastInbound: clock.date().toISOString() });
        return;
      } catch (error) {
        if (stop.aborted) break;
        deps.onFailure(messageOf(error));
        await clock.sleep(backOff(failures, clock.random), stop);
      }
    }
    throw new Stopped();
  };

  const handOn = async (items: readonly Exclude<Item, { kind: 'gap' }>[], stop: AbortSignal): Promise<void> => {
    const next: Place = { floor: current.floor, at: new Map(current.at) };
    const messages: InboundMessage[] = [];
    for (const { kind, message } of items) {
      if (!(await isOurs(message.channelId, { ...deps, foreign }, stop))) continue;
      if (kind === 'message') advance(next, message.channelId, message.id);
      notice(message, deps);
      const told = !isSpoken(message) ? null : kind === 'message' ? inbound(message, 'live', ears) : edit(message, 'live', ears);
      if (told !== null) messages.push(told);
    }
    if (messages.length === 0 && items.every(({ message }) => foreign.has(message.channelId))) return;
    // With a gap somewhere nobody knows that the oldest places are past.
    if (isCrowded(next) && !queue.some(({ kind }) => kind === 'gap')) settle(next);
    await deliver(messages, next, stop);
    current = next;
  };

  const fillGap = async (stop: AbortSignal): Promise<void> => {
    for (let failures = 1; !stop.aborted; failures += 1) {
      const next: Place = { floor: current.floor, at: new Map(current.at) };
      try {
        const { rest } = deps;
        const obstacle = await deps.obstacle(stop);
        if (obstacle !== null) throw new CatchUpError(obstacle);
        await catchUp(
          {
            rest,
            threads,
            channelId: ears.channelId,
            guildId: scene.guildId,
            deliver: async (messages, reached) => {
              for (const message of messages) notice(message, deps);
              await deliver(
                messages.filter(isSpoken).map((message) => inbound(message, 'catchup', ears)),
                reached,
                stop,
              );
              current = { floor: reached.floor, at: new Map(reached.at) };
            },
          },
          next,
          stop,
        );
        return;
      } catch (error) {
        if (stop.aborted || error instanceof Stopped) throw new Stopped();
        deps.onFailure(messageOf(error));
        await clock.sleep(backOff(failures, clock.random), stop);
      }
    }
    throw new Stopped();
  };

  const step = async (stop: AbortSignal): Promise<void> => {
    const [first] = queue;
    if (first === undefined) return;
    if (first.kind === 'gap') {
      queue.shift();
      isFilling = true;
      await fillGap(stop);
      isFilling = false;
      if (!queue.some(({ kind }) => kind === 'gap')) deps.onCaughtUp();
      return;
    }
    const end = queue.slice(0, atOnce).findIndex(({ kind }) => kind === 'gap');
    const items = queue.splice(0, end === -1 ? atOnce : end);
    await handOn(
      items.flatMap((item) => (item.kind === 'gap' ? [] : [item])),
      stop,
    );
  };

  return {
    dispatch: (type, data) => {
      learn(type, data, { threads, foreign, channelId: ears.channelId });
      const kind = kindOf(type);
      const message = kind === null ? null : readMessage(data);
      if (kind === null || message === null || message.guildId !== scene.guildId || foreign.has(message.channelId)) return;
      put({ kind, message });
    },
    gap: () => put({ kind: 'gap' }),
    run: async (stop) => {
      while (!stop.aborted) {
        try {
          isIdle = queue.length === 0;
          if (isIdle) await news.wait(Number.POSITIVE_INFINITY, stop);
          else await step(stop);
        } catch (error) {
          if (!(error instanceof Stopped)) throw error;
        }
      }
    },
    get isIdle() {
      return isIdle;
    },
    get isBehind() {
      return isFilling || queue.some(({ kind }) => kind === 'gap');
    },
    get place() {
      return current;
    },
  };
}

const kindOf = (type: string): 'message' | 'edit' | null => {
  if (type === 'MESSAGE_CREATE') return 'message';
  return type === 'MESSAGE_UPDATE' ? 'edit' : null;
};

interface Known {
  readonly threads: Threads;
  /** Channels and threads that are no business of ours. */
  readonly foreign: Set<Snowflake>;
}

/** Which channels and threads there are. */
function learn(type: string, data: Fields, { threads, foreign, channelId }: Known & { readonly channelId: Snowflake }): void {
  if (type === 'THREAD_DELETE' && typeof data.id === 'string') threads.forget(data.id);
  const lists = type === 'GUILD_CREATE' || type === 'THREAD_LIST_SYNC' ? [data.channels, data.threads].flat() : [];
  const single = ['THREAD_CREATE', 'THREAD_UPDATE', 'CHANNEL_CREATE'].includes(type) ? [data] : [];
  for (const channel of [...lists, ...single].flatMap((each) => readChannel(each) ?? [])) {
    if (channel.id === channelId) continue;
    threads.note(channel);
    if (!threads.has(channel.id)) keepForeign(foreign, channel.id);
  }
}

function keepForeign(foreign: Set<Snowflake>, id: Snowflake): void {
  foreign.add(id);
  const [oldest] = foreign;
  if (foreign.size > mostForeign && oldest !== undefined) foreign.delete(oldest);
}

/** The channel itself or a thread of it; what is not known yet is asked for until there is an answer. */
async function isOurs(
  id: Snowflake,
  { rest, clock, threads, foreign, ears, onFailure }: FeedDeps & Known,
  stop: AbortSignal,
): Promise<boolean> {
  if (id === ears.channelId || threads.has(id)) return true;
  for (let failures = 1; !foreign.has(id); failures += 1) {
    const answer = await rest.ask(`/channels/${id}`, stop);
    if (stop.aborted) throw new Stopped();
    if (answer.kind === 'ok' || answer.kind === 'denied') {
      const channel = answer.kind === 'ok' ? readChannel(answer.body) : null;
      if (channel !== null) threads.note(channel);
      if (threads.has(id)) return true;
      keepForeign(foreign, id);
    } else {
      onFailure('a channel could not be asked for');
      await clock.sleep(backOff(failures, clock.random), stop);
    }
  }
  return false;
}

/** Without the intent for content what people write comes empty. */
function notice(message: ApiMessage, { state, ears }: Pick<FeedDeps, 'state' | 'ears'>): void {
  if (message.type !== 0 || message.isBot || message.mentions.includes(ears.me)) return;
  state.lack('content', message.isEmpty ? [contentIntent] : []);
}
