import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bridgeJournals } from '../../../src/connectors/bridge/bridge.ts';
import type { OutboundRecord } from '../../../src/connectors/bridge/records.ts';
import { outboundMessage } from '../../../src/connectors/bridge/say.ts';
import { connectorLogs } from '../../../src/host/connector-logs.ts';
import { seeded } from '../../fakes/random.ts';
import type { BridgeNews, BridgeOrder } from './bridge-process.ts';
import { type Synapse, scratch, TestRoom } from './synapse.ts';

/** A bridge that can be killed, in a room of its own. */
export class Bridge implements AsyncDisposable {
  readonly stateDir = mkdtempSync(path.join(scratch(), 'muster-bridge-'));
  readonly room: TestRoom;
  readonly news: BridgeNews[] = [];
  readonly #synapse: Synapse;
  readonly #program: string;
  #process: ChildProcess | null = null;

  private constructor(synapse: Synapse, room: TestRoom, program: string) {
    this.#synapse = synapse;
    this.room = room;
    this.#program = program;
  }

  /** `program`: `bridge-process.ts` as something that Node runs as it is. */
  static async make(synapse: Synapse, program: string): Promise<Bridge> {
    const room = await TestRoom.make(synapse);
    await room.invite('fleet');
    await room.join('fleet');
    return new Bridge(synapse, room, program);
  }

  async start({ waits = true } = {}): Promise<void> {
    const { user_id, access_token } = this.#synapse.account('fleet');
    const operator = this.#synapse.account('operator').user_id;
    const order: BridgeOrder = { stateDir: this.stateDir, url: this.#synapse.url, user: user_id, operator, room: this.room.id };
    const env = { ...process.env, MATRIX_ACCESS_TOKEN: access_token };
    const child = fork(this.#program, [JSON.stringify(order)], { execArgv: [], env });
    this.#process = child;
    let isOpen = false;
    child.on('message', (news) => {
      const told = news as BridgeNews;
      this.news.push(told);
      isOpen ||= told.kind === 'open';
    });
    while (waits && !isOpen && child.exitCode === null) await sleep(5);
    if (waits && !isOpen) throw new Error('the bridge ended');
  }

  async kill(): Promise<void> {
    const child = this.#process;
    if (child === null) return;
    this.#process = null;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  /** To be said, from this process. */
  async queue(texts: readonly string[]): Promise<void> {
    const at = new Date().toISOString();
    const records = texts.map(
      (text): OutboundRecord => ({
        format_version: '1.0',
        kind: 'queued',
        message: outboundMessage({ id: `say-${text}`, text, sender: 'orchestrator', at }),
      }),
    );
    await bridgeJournals(connectorLogs(this.stateDir, 'coding')).outbound.append(records);
  }

  /** What was handed over, each once, in order. */
  heard(): readonly string[] {
    const file = path.join(this.stateDir, 'inbox.jsonl');
    if (!existsSync(file)) return [];
    const known = new Map<string, string>();
    for (const line of readFileSync(file, 'utf8').split('\n').slice(0, -1)) {
      const { id, text } = JSON.parse(line) as { id: string; text: string };
      if (!known.has(id)) known.set(id, text);
    }
    return [...known.values()];
  }

  async said(): Promise<readonly string[]> {
    const own = this.#synapse.account('fleet').user_id;
    return (await this.room.events()).filter(({ sender }) => sender === own).map(({ content }) => content.body);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    rmSync(this.stateDir, { recursive: true });
  }
}

export interface Soak {
  readonly program: string;
  readonly messages: number;
  readonly kills: number;
  /** How often the homeserver is killed and started anew. */
  readonly crashes: number;
}

export interface Soaked {
  readonly expected: readonly string[];
  readonly heard: readonly string[];
  readonly said: readonly string[];
  readonly limited: number;
  readonly seconds: number;
}

/** Both sides talk all the time, while the bridge and the homeserver are killed again and again; then all has to have arrived. */
export async function soak(synapse: Synapse, { program, messages, kills, crashes }: Soak): Promise<Soaked> {
  await using bridge = await Bridge.make(synapse, program);
  const random = seeded(11);
  const expected = Array.from({ length: messages }, (_, at) => `m${at}`);
  const began = performance.now();
  await bridge.start();
  const talk = speak(synapse, bridge.room, expected);
  const rounds = Array.from({ length: kills + crashes }, (_, at) => at);
  const share = Math.ceil(messages / rounds.length);
  for (const round of rounds) {
    await bridge.queue(expected.slice(round * share, (round + 1) * share));
    const goal = Math.min(messages, (round + 0.5) * share);
    while (bridge.heard().length < goal && bridge.news.filter(({ kind }) => kind === 'said').length < goal) await sleep(20);
    await sleep(random.below(50));
    if ((round + 1) % Math.ceil(rounds.length / Math.max(1, crashes)) === 0 && crashes > 0) {
      await synapse.crash();
      await sleep(random.below(300));
      await synapse.up();
    } else {
      await bridge.kill();
      await sleep(random.below(100));
      await bridge.start({ waits: false });
    }
  }
  const limited = await talk;
  while (bridge.heard().length < messages || (await bridge.said()).length < messages) await sleep(200);
  const seconds = (performance.now() - began) / 1000;
  return { expected, heard: bridge.heard(), said: await bridge.said(), limited, seconds };
}

/** A person who writes as fast as the homeserver lets him, and repeats what may not have arrived. Gives how often that was limited. */
async function speak(synapse: Synapse, room: TestRoom, texts: readonly string[]): Promise<number> {
  let limited = 0;
  for (const text of texts)
    for (;;) {
      const content = { msgtype: 'm.text', body: text };
      const answer = await synapse
        .raw('operator', 'PUT', `${room.path}/send/m.room.message/soak-${text}`, content)
        .catch(() => null);
      const body = (await answer?.json().catch(() => null)) as { retry_after_ms?: number } | null | undefined;
      if (answer?.ok === true) break;
      limited += answer?.status === 429 ? 1 : 0;
      await sleep(body?.retry_after_ms ?? 100);
    }
  return limited;
}
