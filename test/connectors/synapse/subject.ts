import { factoryOver } from '../../../src/connectors/matrix/matrix.ts';
import { realWire } from '../../../src/connectors/matrix/net.ts';
import { type Wire, type WireAnswer, WireError, type WireRequest } from '../../../src/connectors/matrix/wire.ts';
import type { ConnectorSetting } from '../../../src/model/connectors.ts';
import { MemoryDisk } from '../memory-log.ts';
import { realClock, until } from '../real-clock.ts';
import type { Subject } from '../subject.ts';
import { type Synapse, TestRoom } from './synapse.ts';

/** The network between a connector and its homeserver, in which something may go wrong. */
export class Network {
  readonly requests: string[] = [];
  limited = 0;
  lost = 0;
  refused = 0;
  repeated = 0;
  readonly #over = new AbortController();
  readonly #places: string[] = [];

  readonly wire: Wire = async (request, stop) => {
    if (this.#over.signal.aborted) return never;
    const url = new URL(request.url);
    this.requests.push(`${request.method} ${url.pathname}`);
    const isSend = request.method === 'PUT' && url.pathname.includes('/send/');
    if (isSend && take(this, 'limited')) return answer(429, { errcode: 'M_LIMIT_EXCEEDED', retry_after_ms: 50 });
    if (isSend && take(this, 'refused')) return answer(403, { errcode: 'M_FORBIDDEN' });
    const answered = await realWire(this.#again(request), AbortSignal.any([stop, this.#over.signal]));
    if (isSend && take(this, 'lost')) throw new WireError('the connection was reset', { sent: true });
    return answered;
  };

  /** Nobody gets through any more. */
  end(): void {
    this.#over.abort();
  }

  /** A sync from an older place than asked for. */
  #again(request: WireRequest): WireRequest {
    const url = new URL(request.url);
    const since = url.searchParams.get('since');
    if (since === null) return request;
    const [first = since] = this.#places;
    this.#places.push(since);
    if (!take(this, 'repeated')) return request;
    url.searchParams.set('since', first);
    url.searchParams.set('timeout', '0');
    return { ...request, url: url.href };
  }
}

const never = new Promise<never>(() => {});

function take(network: Network, fault: 'limited' | 'lost' | 'refused' | 'repeated'): boolean {
  if (network[fault] === 0) return false;
  network[fault] -= 1;
  return true;
}

const answer = (status: number, fields: object): WireAnswer => ({
  status,
  header: () => null,
  body: Buffer.from(JSON.stringify(fields)),
});

export interface SettingOptions {
  readonly disk?: MemoryDisk;
  readonly more?: Partial<ConnectorSetting>;
}

/** What the connector of the user `fleet` is made of. */
export function settingAt(
  synapse: Synapse,
  room: string,
  { disk = new MemoryDisk(), more = {} }: SettingOptions = {},
): ConnectorSetting {
  return {
    fleet: 'coding',
    tenant: 'jason',
    settings: { homeserver_url: synapse.url, user_id: synapse.account('fleet').user_id, room_id: room },
    secrets: { MATRIX_ACCESS_TOKEN: synapse.account('fleet').access_token },
    operators: [synapse.account('operator').user_id],
    log: (name, isRecord) => disk.log(name, isRecord),
    clock: realClock,
    ...more,
  };
}

export interface SynapseSubject extends Subject {
  readonly room: TestRoom;
  readonly network: Network;
}

/** A room at a real homeserver, with the fleet, its operator and a stranger in it. */
export async function synapseSubject(synapse: Synapse, options: SettingOptions = {}): Promise<SynapseSubject> {
  const room = await TestRoom.make(synapse);
  for (const name of ['fleet', 'stranger']) {
    await room.invite(name);
    await room.join(name);
  }
  const network = new Network();
  const disk = options.disk ?? new MemoryDisk();
  const names = new Map(['operator', 'stranger'].map((name) => [synapse.account(name).user_id, name]));
  return {
    room,
    network,
    open: () => factoryOver(network.wire).create(settingAt(synapse, room.id, { ...options, disk })),
    clock: realClock,
    operator: synapse.account('operator').user_id,
    stranger: synapse.account('stranger').user_id,
    say: (who, text, threadId = null) => room.say(names.get(who) ?? who, text, threadId),
    seen: async () =>
      (await room.events())
        .filter(({ sender, content }) => sender === synapse.account('fleet').user_id && !isTitle(content))
        .map(({ event_id, content: { body, 'm.relates_to': relation } }) => ({
          id: event_id,
          text: body,
          threadId: relation?.rel_type === 'm.thread' ? (relation.event_id ?? null) : null,
        })),
    until,
    flood: 100,
    threadsAreMessages: true,
    faults: {
      down: () => synapse.down(),
      up: () => synapse.up(),
      limit: (times) => (network.limited += times),
      loseAnswers: (times) => (network.lost += times),
      refuse: (times) => (network.refused += times),
      repeat: (times) => (network.repeated += times),
    },
    end: async () => network.end(),
  };
}

/** What a thread begins with is no message of anybody. */
const isTitle = (content: object): boolean =>
  Object.entries(content).some(([key, value]) => key === 'org.mosaic.muster.transaction' && String(value).endsWith('.root'));
