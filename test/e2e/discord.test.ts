import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import type { ConnectorClock } from '../../src/model/connectors.ts';
import { FakeDiscord } from '../connectors/discord/fake.ts';
import { FakeRest } from '../connectors/discord/fake-rest.ts';
import { type FakeServer, serveFake } from '../connectors/discord/fake-server.ts';
import { said } from '../connectors/discord/scene.ts';
import { Synapse, TestRoom } from '../connectors/synapse/synapse.ts';
import type { PrivateHost } from './host.ts';
import { floor, roster } from './rosters.ts';
import { longStory, running } from './story.ts';

const clock: ConnectorClock = {
  date: () => new Date(),
  now: () => performance.now(),
  sleep: (milliseconds, stop) => sleep(milliseconds, undefined, { ...(stop && { signal: stop }) }).catch(() => {}),
  random: Math.random,
};

const discord = new FakeDiscord(clock);
const rest = new FakeRest(discord);
const server: FakeServer = await serveFake(discord, rest);
const synapse = await Synapse.start();
afterAll(async () => {
  await server.end();
  if (typeof synapse !== 'string') await synapse.end();
});

const overDiscord = roster(floor, {
  connector: {
    kind: 'discord',
    operators: [discord.operator.id],
    discord: { channel_id: discord.channelId, api_base_url: server.base },
  },
});

interface Health {
  readonly kind: string;
  readonly healthy: boolean;
  readonly report: { readonly kind: string; readonly connector: { readonly phase: string } } | null;
}

/** Messages get through, both ways, over this kind. */
const live = (host: PrivateHost, kind: string): Promise<unknown> =>
  host.waitFor(
    `messages to get through over ${kind}`,
    async () => {
      const { status, stdout } = await host.muster(['connector', 'health', 'coding', '--json']);
      const { report } = JSON.parse(stdout) as Health;
      return status === 0 && report?.kind === kind && report.connector.phase === 'live';
    },
    60_000,
  );

/** Texts that the inbox of the orchestrator was ever given, in order; each line ends with what was said. */
async function heard(host: PrivateHost): Promise<readonly string[]> {
  const journal = await host.run(['sh', '-c', 'cat ~/.local/state/mosaic/*/inbox/orchestrator/journal*.jsonl']);
  return journal.stdout.split('\n').flatMap((line) => {
    const record = line === '' ? null : JSON.parse(line);
    return record?.kind === 'message' ? [String(record.message.text).split('\n').at(-1) ?? ''] : [];
  });
}

const hears = (host: PrivateHost, text: string): Promise<unknown> =>
  host.waitFor(`${text} to be heard`, async () => (await heard(host)).includes(text), 60_000);

const sees = (host: PrivateHost, text: string): Promise<unknown> =>
  host.waitFor(`${text} to be seen`, async () => said(discord).some((each) => each.text === text), 60_000);

const loggedIn = (host: PrivateHost, secret: string) =>
  host.muster(['connector', 'login', 'coding', '--token-stdin'], { stdin: `${secret}\n` });

const bridgePid = async (host: PrivateHost): Promise<number> =>
  Number((await host.must(['systemctl', '--user', 'show', 'mosaic-connector@coding', '-p', 'MainPID', '--value'])).trim());

describe('a fleet that talks over Discord', () => {
  longStory('is logged in, hears, answers in threads, and survives its end and a revoked token', async (host) => {
    await running(host, floor);
    await host.commit({ 'rosters/coding.yaml': overDiscord });
    await host.apply();
    const before = await host.muster(['connector', 'health', 'coding']);
    expect([before.status, before.stdout]).toEqual([1, expect.stringContaining('DISCORD_BOT_TOKEN')]);

    const refused = await loggedIn(host, `M${'A'.repeat(23)}.GabcdE.${'y'.repeat(38)}`);
    expect(refused).toMatchObject({ status: 1, stderr: expect.stringContaining('does not accept the token') });
    discord.revoke('ATTACH_FILES');
    const lacking = await loggedIn(host, discord.token);
    expect(lacking.stdout).toMatch(/Attach Files[\s\S]*help:/);
    discord.grant('ATTACH_FILES');
    expect((await loggedIn(host, discord.token)).status).toBe(0);
    await live(host, 'discord');

    const asked = discord.say('what is open?');
    await hears(host, 'what is open?');
    discord.say('let me in', { by: discord.stranger });
    expect((await host.muster(['say', '--fleet', 'coding', '--thread', asked.id, '--wait', 'nothing @everyone'])).status).toBe(0);
    expect(said(discord).at(-1)).toMatchObject({ text: 'nothing @everyone', threadId: asked.id });
    const opened = await host.json<{ thread: string }>([
      'say',
      '--fleet',
      'coding',
      '--new-thread',
      'Release',
      '--wait',
      'It begins.',
    ]);
    expect(discord.channelOf(opened.thread).name).toBe('Release');

    await host.kill(await bridgePid(host));
    discord.say('while it was dead', { channelId: opened.thread });
    await host.muster(['say', '--fleet', 'coding', '--thread', opened.thread, 'queued while it was dead']);
    await hears(host, 'while it was dead');
    await sees(host, 'queued while it was dead');

    const [former, next] = [discord.token, `M${'N'.repeat(23)}.GabcdE.${'z'.repeat(38)}`];
    discord.token = next;
    discord.gateway.drop(4004);
    await host.waitFor('the token to be missed', async () =>
      (await host.muster(['connector', 'health', 'coding'])).stdout.includes('does not accept the token'),
    );
    await host.muster(['say', '--fleet', 'coding', 'queued without a token']);
    discord.say('said without a token');
    expect((await loggedIn(host, next)).status).toBe(0);
    await sees(host, 'queued without a token');
    await hears(host, 'said without a token');

    expect(await heard(host)).toEqual(['what is open?', 'while it was dead', 'said without a token']);
    expect(said(discord).map(({ text }) => text)).toEqual([
      'nothing @everyone',
      'It begins.',
      'queued while it was dead',
      'queued without a token',
    ]);
    for (const token of [former, next]) {
      const { stdout } = await host.run(['sh', '-c', `grep -rl ${token.slice(5, 40)} ~ --exclude-dir=secrets`]);
      expect(stdout).toBe('');
    }
  });

  if (typeof synapse === 'string') test('moves from Matrix to Discord to the terminal', (context) => context.skip(synapse));
  else
    longStory(
      'moves from Matrix to Discord to the terminal and back, by commits, and keeps every message and every thread',
      async (host) => {
        const room = await TestRoom.make(synapse);
        await room.invite('fleet');
        await room.join('fleet');
        const operator = synapse.account('operator').user_id;
        const fleet = synapse.account('fleet');
        const overMatrix = roster(floor, {
          connector: {
            kind: 'matrix',
            operators: [operator],
            matrix: { homeserver_url: synapse.url, user_id: fleet.user_id, room_id: room.id },
          },
        });
        const switched = async (text: string): Promise<void> => {
          await host.commit({ 'rosters/coding.yaml': text });
          await host.apply();
        };
        const say = async (...args: readonly string[]): Promise<void> => {
          await host.must(['sh', '-c', 'exec muster say --fleet coding "$@"', 'sh', ...args]);
        };
        await running(host, floor, JSON.parse(overMatrix));
        await loggedIn(host, fleet.access_token);
        await live(host, 'matrix');
        const root = await room.say('operator', 'over matrix');
        await room.say('operator', 'in a matrix thread', root);
        await hears(host, 'in a matrix thread');

        await host.systemctl('stop', 'mosaic-connector@coding');
        await say('queued over matrix');
        await room.say('operator', 'said when it was about to leave');
        await switched(overDiscord);
        await loggedIn(host, discord.token);
        await live(host, 'discord');
        await sees(host, 'queued over matrix');
        const topic = discord.say('over discord');
        discord.openThread(topic.id, 'topic');
        discord.say('in a discord thread', { channelId: topic.id });
        await hears(host, 'in a discord thread');

        await host.systemctl('stop', 'mosaic-connector@coding');
        await say('queued over discord', '--thread', topic.id);
        discord.say('said in the thread meanwhile', { channelId: topic.id });
        await switched(roster(floor));
        await live(host, 'tmux');
        await switched(overDiscord);
        await live(host, 'discord');
        await hears(host, 'said in the thread meanwhile');
        await say('in the thread again', '--thread', topic.id);
        await sees(host, 'in the thread again');
        expect(said(discord).at(-1)?.threadId).toBe(topic.id);

        await switched(overMatrix);
        await live(host, 'matrix');
        await hears(host, 'said when it was about to leave');
        const texts = await heard(host);
        expect(new Set(texts).size, 'nothing twice').toBe(texts.length);
        expect(texts).toEqual(
          expect.arrayContaining([
            'over matrix',
            'in a matrix thread',
            'over discord',
            'in a discord thread',
            'said in the thread meanwhile',
            'said when it was about to leave',
          ]),
        );
      },
    );
});
