import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bridgeJournals } from '../../../src/connectors/bridge/bridge.ts';
import { outboundMessage } from '../../../src/connectors/bridge/say.ts';
import { connectorLogs } from '../../../src/host/connector-logs.ts';
import type { OutboundMessage } from '../../../src/model/chat-messages.ts';
import { type Random, seeded } from '../../fakes/random.ts';
import type { BridgeArguments } from './bridge-process.ts';
import { FakeDiscord } from './fake.ts';
import { FakeRest, limited } from './fake-rest.ts';
import { serveFake } from './fake-server.ts';
import { fastClock } from './fast-clock.ts';
import { isPost } from './scene.ts';

export interface SoakOptions {
  /** The bridge as a program. */
  readonly program: string;
  /** Each way. */
  readonly messages: number;
  readonly kills: number;
  /** Messages, one at a time, whose way into the inbox is measured. */
  readonly measured: number;
  readonly seed: number;
  /** How much faster time goes. */
  readonly factor: number;
}

export interface SoakResult {
  /** By channel or thread, in the order in which they came. */
  readonly heard: Readonly<Record<string, readonly string[]>>;
  readonly seen: Readonly<Record<string, readonly string[]>>;
  readonly expected: Readonly<Record<string, readonly string[]>>;
  readonly identifies: number;
  /** Milliseconds from Discord to the inbox, ascending. */
  readonly latencies: readonly number[];
  readonly seconds: number;
}

/** Both sides talk in several threads while the bridge is killed, sessions are dropped, requests turned away, answers lost. */
export async function soak({ program, messages, kills, measured, seed, factor }: SoakOptions): Promise<SoakResult> {
  const started = performance.now();
  const directory = mkdtempSync(path.join(tmpdir(), 'muster-soak-'));
  const began = Date.now();
  const discord = new FakeDiscord(fastClock(began, factor));
  const rest = new FakeRest(discord);
  const server = await serveFake(discord, rest);
  const random = seeded(seed);
  const inbox = path.join(directory, 'inbox');
  const settings = { channel_id: discord.channelId, api_base_url: server.base };
  const { token, operator } = discord;
  const given: BridgeArguments = { stateDir: directory, inbox, settings, token, operator: operator.id, began, factor };
  const lanes = [
    discord.channelId,
    ...[1, 2, 3].map((at) => discord.openThread(discord.say(`root ${at}`).id, `thread ${at}`).id),
  ];
  const expected: Record<string, string[]> = Object.fromEntries(lanes.map((lane) => [lane, []]));
  const { outbound } = bridgeJournals(connectorLogs(directory, 'coding'));

  const talk = async (from: number, to: number): Promise<void> => {
    for (let at = from; at < to; at += 1) {
      const lane = lanes[random.below(lanes.length)] ?? discord.channelId;
      expected[lane]?.push(`${at}`);
      discord.say(`${at}`, { channelId: lane });
      const message = messageTo(lane === discord.channelId ? null : lane, at);
      await outbound.append([{ format_version: '1.0', kind: 'queued', message }]);
      disturb(discord, rest, random);
    }
  };
  let bridge = await start(program, given);
  const latencies = await latenciesOf(bridge, discord, measured);
  for (let life = 0; life <= kills; life += 1) {
    const [from, to] = [life, life + 1].map((count) => Math.floor((messages * count) / (kills + 1)));
    await talk(from ?? 0, to ?? 0);
    if (life === kills) break;
    await sleep(random.below(300));
    bridge.kill('SIGKILL');
    await once(bridge, 'exit');
    discord.gateway.repeats += random.below(5);
    bridge = await start(program, given);
  }
  const all = messages + measured;
  const isDone = (): boolean => linesOf(inbox).size >= all && seenIn(discord, lanes, messages) >= messages;
  for (let quiet = 0; !isDone() && quiet < 6000; quiet += 1) await sleep(50);
  bridge.kill('SIGKILL');
  await server.end();
  const heard = byLane(lanes, discord, linesOf(inbox));
  const seen = Object.fromEntries(lanes.map((lane) => [lane, ownTexts(discord, lane)]));
  rmSync(directory, { recursive: true });
  const seconds = (performance.now() - started) / 1000;
  return { heard, seen, expected, identifies: discord.gateway.identifies.length, latencies, seconds };
}

const messageTo = (threadId: string | null, at: number): OutboundMessage =>
  outboundMessage({ id: `m${at}`, threadId, text: `${at}`, sender: 'orchestrator', at: new Date().toISOString() });

function disturb(discord: FakeDiscord, rest: FakeRest, random: Random): void {
  const dice = random.below(400);
  if (dice === 0) discord.gateway.drop();
  if (dice === 1) discord.gateway.invalidateSessions();
  if (dice === 1) discord.gateway.drop(4009);
  if (dice < 8) rest.fail(isPost, { kind: 'lose-answer', how: dice % 2 === 0 ? 'error' : 'reset' });
  if (dice > 390) rest.fail(isPost, { kind: 'answer', answer: limited(0.5, dice > 397 ? 'global' : 'user') });
}

/** Resolves once it is live. Words may come several at once. */
const start = (program: string, given: BridgeArguments): Promise<ChildProcess> =>
  new Promise((resolve, reject) => {
    const bridge = fork(program, [JSON.stringify(given)], { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    bridge.on('message', (word) => word === 'live' && resolve(bridge));
    bridge.on('exit', () => reject(new Error('the bridge ended before it was live')));
  });

async function latenciesOf(bridge: ChildProcess, discord: FakeDiscord, count: number): Promise<readonly number[]> {
  const times: number[] = [];
  for (let at = 0; at < count; at += 1) {
    const handed = once(bridge, 'message');
    const from = performance.now();
    discord.say(`measured ${at}`);
    await handed;
    times.push(performance.now() - from);
  }
  return times.sort((a, b) => a - b);
}

/** Each id once, as an inbox has it. */
const linesOf = (inbox: string): ReadonlyMap<string, string> =>
  new Map(
    (existsSync(inbox) ? readFileSync(inbox, 'utf8') : '')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]),
  );

function byLane(lanes: readonly string[], discord: FakeDiscord, lines: ReadonlyMap<string, string>): Record<string, string[]> {
  const laneOf = new Map(lanes.flatMap((lane) => discord.channelOf(lane).messages.map(({ id }) => [id, lane])));
  const heard: Record<string, string[]> = Object.fromEntries(lanes.map((lane) => [lane, []]));
  for (const [id, text] of lines) if (/^\d+$/.test(text)) heard[laneOf.get(id) ?? '']?.push(text);
  return heard;
}

const ownTexts = (discord: FakeDiscord, lane: string): string[] =>
  discord
    .channelOf(lane)
    .messages.filter(({ author }) => author.id === discord.bot.id)
    .map(({ content }) => content);

function seenIn(discord: FakeDiscord, lanes: readonly string[], enough: number): number {
  let count = 0;
  for (const lane of lanes) {
    count += ownTexts(discord, lane).length;
    if (count >= enough) return count;
  }
  return count;
}
