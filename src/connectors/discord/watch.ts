import type { ConnectorClock } from '../../model/connectors.ts';
import { bell } from '../bridge/bell.ts';
import { CatchUpError, channelsOf } from './catch-up.ts';
import type { Feed } from './feed.ts';
import { inspect, type Scene } from './inspect.ts';
import { placeIn } from './place.ts';
import type { Rest } from './rest.ts';
import type { DiscordSettings } from './settings.ts';
import { isAfter, type Snowflake } from './snowflake.ts';
import type { State } from './state.ts';
import type { Threads } from './threads.ts';

export interface WatchDeps {
  readonly rest: Rest;
  readonly clock: ConnectorClock;
  readonly settings: DiscordSettings;
  readonly threads: Threads;
  readonly state: State;
  readonly scene: Scene;
  readonly feed: Feed;
  /** Gives up the session for a new one. */
  readonly renew: () => void;
}

export interface Watch {
  /** Permissions may have changed. */
  ring(): void;
  run(stop: AbortSignal): Promise<void>;
}

const roundMs = 60_000;
/** Rounds between two looks whether the gateway tells what is said. */
const deafEvery = 5;
/** What the gateway may be late by. */
const lateMs = 30_000;

/** Looks now and then whether anything is missing now, and whether a gateway that answers also tells what is said. */
export function watchOver(deps: WatchDeps): Watch {
  const { clock, rest, settings, state, feed } = deps;
  const news = bell(clock);
  let wasBlocked = false;

  const look = async (stop: AbortSignal): Promise<void> => {
    const found = await inspect(rest, settings, stop);
    if (found.kind === 'seen' || found.kind === 'blocked') state.lack('scene', found.missing);
    if (found.kind === 'seen') state.lack('send', []);
    // What was said while nothing could be seen was not told.
    if (found.kind === 'seen' && wasBlocked) feed.gap();
    if (found.kind === 'seen' || found.kind === 'blocked') wasBlocked = found.kind === 'blocked';
  };

  const isDeaf = async (stop: AbortSignal): Promise<boolean> => {
    const first = await unheard(deps, stop);
    if (first.size === 0) return false;
    await clock.sleep(lateMs, stop);
    return !stop.aborted && feed.isIdle && [...first].some(([channel, id]) => isAfter(id, placeIn(feed.place, channel)));
  };

  return {
    ring: news.ring,
    run: async (stop) => {
      for (let round = 1; !stop.aborted; round += 1) {
        await news.wait(roundMs, stop);
        const { phase, missing } = state.health();
        if (stop.aborted || phase === 'stopped') continue;
        if (missing.length > 0 || wasBlocked || round % deafEvery === 0 || phase === 'waiting') await look(stop);
        if (phase !== 'live' || round % deafEvery !== 0 || wasBlocked) continue;
        if (feed.isIdle && (await isDeaf(stop))) deps.renew();
      }
    },
  };
}

/** Channels with a message that was not told, and its id. */
async function unheard(
  { rest, threads, settings, scene, feed }: WatchDeps,
  stop: AbortSignal,
): Promise<ReadonlyMap<Snowflake, Snowflake>> {
  try {
    const place = { channelId: settings.channelId, guildId: scene.guildId };
    const channels = await channelsOf({ rest, threads, ...place }, feed.place, stop);
    return new Map(
      channels.flatMap(({ id, lastMessageId }) =>
        lastMessageId !== null && isAfter(lastMessageId, placeIn(feed.place, id)) ? [[id, lastMessageId] as const] : [],
      ),
    );
  } catch (error) {
    if (error instanceof CatchUpError) return new Map();
    throw error;
  }
}
