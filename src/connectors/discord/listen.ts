import type { ConnectorClock, Missing, Receive } from '../../model/connectors.ts';
import { messageOf } from '../../model/message-of.ts';
import type { RecordLog } from '../../model/record-log.ts';
import type { Fields } from '../../model/shape.ts';
import { backOff } from '../bridge/back-off.ts';
import { CatchUpError, channelsOf } from './catch-up.ts';
import type { Echoes } from './echoes.ts';
import { type Feed, openFeed } from './feed.ts';
import { type GatewayEnd, runGateway } from './gateway.ts';
import type { IdentifyRecord } from './identify-budget.ts';
import { badToken, contentIntent, inspect, type Scene } from './inspect.ts';
import { type Place, readPlace, writePlace } from './place.ts';
import type { Rest } from './rest.ts';
import type { DiscordSettings } from './settings.ts';
import { readMessage } from './shapes.ts';
import { idAt, latest } from './snowflake.ts';
import type { State } from './state.ts';
import { orStopped } from './stopped.ts';
import type { Threads } from './threads.ts';
import { watchOver } from './watch.ts';
import type { Wire } from './wire.ts';

export interface ListenDeps {
  readonly wire: Wire;
  readonly rest: Rest;
  readonly clock: ConnectorClock;
  readonly settings: DiscordSettings;
  readonly token: string;
  readonly threads: Threads;
  readonly identifies: RecordLog<IdentifyRecord>;
  readonly echoes: Echoes;
  readonly state: State;
  readonly receive: Receive;
}

/** GUILDS, GUILD_MESSAGES, MESSAGE_CONTENT. */
const intents = (1 << 0) | (1 << 9) | (1 << 15);
/** Between two looks whether what is missing was granted, in milliseconds. */
const blockedMs = 60_000;

/** Listens until it is stopped: looks whether all is granted, then keeps a gateway and hands on what it tells. */
export async function listen(deps: ListenDeps, cursor: string | null, stop: AbortSignal): Promise<void> {
  const scene = await firstScene(deps, stop);
  if (scene === null) return;
  const known = readPlace(cursor);
  const place = known ?? (await firstPlace(deps, scene, stop));
  if (place === null || (known === null && !(await begin(deps, place, stop)))) return;
  const renewals = new Renewals();
  const feed = openFeed(feedDeps(deps, scene), place);
  const watch = watchOver({ ...deps, scene, feed, renew: () => renewals.renew() });
  await Promise.all([keepGateway(deps, { feed, scene, renewals, watch }, stop), feed.run(stop), watch.run(stop)]);
}

/** Asks until there is a channel that may be read. `null`: stopped, or the token is not accepted. */
async function firstScene({ rest, clock, settings, state }: ListenDeps, stop: AbortSignal): Promise<Scene | null> {
  for (let failures = 0; !stop.aborted; ) {
    const found = await inspect(rest, settings, stop);
    if (stop.aborted) return null;
    switch (found.kind) {
      case 'seen':
        state.lack('scene', found.missing);
        return found.scene;
      case 'unauthorized':
        giveUp(state, [badToken]);
        return null;
      case 'blocked':
        failures = 0;
        state.lack('scene', found.missing);
        await pause({ clock, state }, blockedMs, 1, found.missing[0]?.detail ?? '', stop);
        break;
      default:
        failures += 1;
        await pause({ clock, state }, backOff(failures, clock.random), failures, found.detail, stop);
    }
  }
  return null;
}

async function pause(
  { clock, state }: Pick<ListenDeps, 'clock' | 'state'>,
  milliseconds: number,
  failures: number,
  detail: string,
  stop: AbortSignal,
): Promise<void> {
  const retryAt = new Date(clock.date().getTime() + milliseconds).toISOString();
  state.note({ phase: 'waiting', consecutiveFailures: failures, retryAt, detail });
  await clock.sleep(milliseconds, stop);
}

/** Nothing is tried any more: each try would count against the token. */
function giveUp(state: State, missing: readonly Missing[]): void {
  const isToken = missing.some(({ what }) => what === 'token');
  state.lack('gateway', missing);
  state.note({ phase: 'stopped', retryAt: null, detail: missing[0]?.detail ?? '', ...(isToken && { authenticated: false }) });
}

/** A first start begins with now, by the ids that the server gave last and by its own time. */
async function firstPlace(deps: ListenDeps, { guildId }: Scene, stop: AbortSignal): Promise<Place | null> {
  const { rest, clock, threads, settings } = deps;
  for (let failures = 1; !stop.aborted; failures += 1) {
    const now = rest.skewMs() === null ? '0' : idAt(clock.date().getTime() + (rest.skewMs() ?? 0));
    const nothing: Place = { floor: latest([settings.channelId, now]), at: new Map() };
    try {
      const channels = await channelsOf({ rest, threads, channelId: settings.channelId, guildId }, nothing, stop);
      return { floor: latest([nothing.floor, ...channels.flatMap(({ lastMessageId }) => lastMessageId ?? [])]), at: new Map() };
    } catch (error) {
      if (!(error instanceof CatchUpError)) throw error;
      await pause(deps, backOff(failures, clock.random), failures, error.message, stop);
    }
  }
  return null;
}

/** The first cursor is kept before anything is heard, or a restart would begin with now again. */
async function begin(deps: ListenDeps, place: Place, stop: AbortSignal): Promise<boolean> {
  for (let failures = 1; !stop.aborted; failures += 1) {
    try {
      await orStopped(deps.receive({ messages: [], cursor: writePlace(place) }), stop);
      return true;
    } catch (error) {
      if (stop.aborted) break;
      await pause(deps, backOff(failures, deps.clock.random), failures, messageOf(error), stop);
    }
  }
  return false;
}

const feedDeps = (deps: ListenDeps, scene: Scene): Parameters<typeof openFeed>[0] => ({
  ...deps,
  scene,
  ears: { me: scene.me, channelId: deps.settings.channelId, autoThread: deps.settings.autoThread },
  obstacle: async (stop) => {
    const found = await inspect(deps.rest, deps.settings, stop);
    if (found.kind === 'seen' || found.kind === 'blocked') deps.state.lack('scene', found.missing);
    if (found.kind === 'seen') return null;
    return found.kind === 'failed' ? found.detail : 'what was said meanwhile may not be read';
  },
  onCaughtUp: () => {
    // Where the gateway has gone meanwhile it is not live.
    if (deps.state.health().phase === 'catching-up') deps.state.note({ phase: 'live', detail: `listening as ${scene.name}` });
  },
  onFailure: (detail) => deps.state.note({ detail }),
});

/** A session that is given up for a new one. */
class Renewals {
  #current = new AbortController();

  renew(): void {
    this.#current.abort();
  }

  next(): AbortSignal {
    this.#current = new AbortController();
    return this.#current.signal;
  }
}

interface Listening {
  readonly feed: Feed;
  readonly scene: Scene;
  readonly renewals: Renewals;
  readonly watch: { ring(): void };
}

async function keepGateway(deps: ListenDeps, { feed, scene, renewals, watch }: Listening, stop: AbortSignal): Promise<void> {
  const { clock, state, settings, echoes } = deps;
  const end = await runGateway(
    {
      ...deps,
      intents,
      base: settings.base,
      renewal: () => renewals.next(),
      connecting: () => state.note({ phase: 'connecting' }),
      waiting: ({ failures, retryInMs, detail }) => {
        const retryAt = new Date(clock.date().getTime() + retryInMs).toISOString();
        state.note({ phase: 'waiting', consecutiveFailures: failures, retryAt, detail });
      },
      events: {
        heard: () => state.note({ reachable: true, lastContact: clock.date().toISOString() }),
        missed: feed.gap,
        up: (fresh) => {
          const known = { authenticated: true, retryAt: null, consecutiveFailures: 0 };
          if (fresh) feed.gap();
          state.note({ ...known, phase: feed.isBehind ? 'catching-up' : 'live', detail: `listening as ${scene.name}` });
        },
        dispatch: (type, data) => {
          if (aboutPermissions.has(type)) watch.ring();
          echo(type, data, scene, echoes);
          feed.dispatch(type, data);
        },
      },
    },
    stop,
  );
  if (end.kind !== 'stopped') giveUp(state, reasonsOf(end));
}

const aboutPermissions = new Set(['GUILD_ROLE_UPDATE', 'GUILD_ROLE_DELETE', 'CHANNEL_UPDATE', 'CHANNEL_DELETE', 'GUILD_DELETE']);

/** What we have said comes back with its nonce, and settles what became of it. */
function echo(type: string, data: Fields, { me }: Scene, echoes: Echoes): void {
  const message = type === 'MESSAGE_CREATE' ? readMessage(data) : null;
  if (message !== null && message.authorId === me && message.nonce !== null) echoes.heard(message.nonce, message.id);
}

function reasonsOf(end: Exclude<GatewayEnd, { kind: 'stopped' }>): readonly Missing[] {
  if (end.kind === 'unauthorized') return [badToken];
  if (end.kind === 'elsewhere')
    return [
      {
        what: 'gateway',
        detail: `the server names a gateway on another host, ${hostOf(end.url)}: the token does not go there`,
        remedy: 'look at api_base_url in the roster, and at what stands between this host and Discord',
      },
    ];
  if (end.code === 4004) return [badToken];
  if (end.code === 4014) return [contentIntent];
  const remedy = 'look whether there is a newer version of Muster, then restart the connector';
  return [{ what: 'gateway', detail: `the gateway closed with code ${end.code}, and would again`, remedy }];
}

const hostOf = (url: string): string => (URL.canParse(url) ? new URL(url).host : 'which is no URL');
