import { describe, expect } from 'vitest';
import type { ConnectorHealthTold } from '../../src/views/connector-health.ts';
import type { Said } from '../../src/views/say.ts';
import { controlled } from './controller.ts';
import type { PrivateHost, Ran, RunOptions } from './host.ts';
import { type Agents, floor, roster } from './rosters.ts';
import { story } from './story.ts';

const unit = 'mosaic-connector@coding.service';
const talkers: Agents = { ...floor, orchestrator: { class: 'orchestrator', runtime: 'stub' } };
const inPane: RunOptions = { env: { MOSAIC_AGENT: 'orchestrator', MOSAIC_FLEET: 'coding' } };

interface Chat {
  readonly messages: readonly {
    readonly by: string;
    readonly sender: string;
    readonly text: string;
    readonly threadId: string | null;
  }[];
}

const health = async (host: PrivateHost): Promise<ConnectorHealthTold & { readonly status: number }> => {
  const { stdout, status } = await host.muster(['connector', 'health', 'coding', '--json']);
  return { ...(JSON.parse(stdout) as ConnectorHealthTold), status };
};

const well = (host: PrivateHost) =>
  host.waitFor('messages to get through', async () => {
    const told = await health(host);
    return told.healthy && told.report?.connector.phase === 'live';
  });

/** Between two runs there is none. */
const pidOf = (host: PrivateHost): Promise<number> =>
  host.waitFor('the bridge to run', async () => {
    const pid = Number((await host.must(['systemctl', '--user', 'show', unit, '-p', 'MainPID', '--value'])).trim());
    return pid > 0 && pid;
  });

/** A sign of life after the one that it began with. */
async function isFed(host: PrivateHost): Promise<boolean> {
  const shown = await host.must([
    'systemctl',
    '--user',
    'show',
    unit,
    '-p',
    'ActiveEnterTimestampMonotonic,WatchdogTimestampMonotonic',
  ]);
  const at = (name: string): number => Number(new RegExp(`^${name}TimestampMonotonic=(\\d+)$`, 'm').exec(shown)?.[1]);
  return at('Watchdog') - at('ActiveEnter') > 1_000_000;
}

async function say(
  host: PrivateHost,
  args: readonly string[],
  options: RunOptions = inPane,
): Promise<Ran & { readonly said: Said }> {
  const ran = await host.muster(['say', ...args, '--json'], options);
  return { ...ran, said: JSON.parse(ran.stdout) as Said };
}

const shown = async (host: PrivateHost): Promise<Chat> =>
  JSON.parse((await host.muster(['chat', 'coding', '--json', '--limit', '0'])).stdout) as Chat;

/** What the fleet said, as the operator sees it. */
const answers = async (host: PrivateHost): Promise<readonly string[]> =>
  (await shown(host)).messages.flatMap(({ by, text }) => (by === 'fleet' ? [text] : []));

/** What the orchestrator began a turn with, without the lines that say from whom it is. */
async function heard(host: PrivateHost): Promise<readonly string[]> {
  const file = `${host.runtimeDir}/mosaic/agents/orchestrator/transcript.jsonl`;
  const lines = (await host.readFile(file))?.trim().split('\n') ?? [];
  const records = lines.map((line) => JSON.parse(line) as { type: string; text: string });
  return records.flatMap(({ type, text }) => (type === 'user' ? [text] : []));
}

const toHear = (host: PrivateHost, text: string) =>
  host.waitFor(`the orchestrator to hear ${text}`, async () => (await heard(host)).some((one) => one.includes(text)));

/** A chat in a terminal of the fleet's tmux server. */
async function openChat(
  host: PrivateHost,
): Promise<{ readonly type: (...keys: readonly string[]) => Promise<unknown>; readonly screen: () => Promise<string> }> {
  const launcher = `${host.home}/.config/mosaic/fleet/bin/muster`;
  await host.tmux('new-session', '-d', '-x', '40', '-y', '16', '-s', '_operator-coding', launcher, 'chat', 'coding', '--here');
  const screen = async (): Promise<string> => (await host.tmux('capture-pane', '-p', '-t', '=_operator-coding:')).stdout;
  await host.waitFor('the chat to be there', async () => (await screen()).includes('Ctrl-C leaves'));
  return { type: (...keys) => host.tmux('send-keys', '-t', '=_operator-coding:', ...keys), screen };
}

/** In KiB. */
const residentOf = async (host: PrivateHost, pid: number): Promise<number> =>
  Number(/VmRSS:\s+(\d+) kB/.exec(await host.must(['cat', `/proc/${pid}/status`]))?.[1]);

/** What a Node takes that does nothing. */
async function idleNode(host: PrivateHost): Promise<number> {
  const idle = host.spawn(['node', '-e', 'console.log("up"); setInterval(() => {}, 1e6)']);
  await idle.saw('up');
  const size = await residentOf(host, await idle.pid);
  await idle.signal('SIGKILL');
  return size;
}

async function talking(host: PrivateHost): Promise<void> {
  await host.commit({ 'rosters/coding.yaml': roster(talkers) });
  await host.apply();
  await well(host);
}

describe('an operator and an orchestrator', () => {
  story('talk in a terminal, in threads, and ask the bridge', async (host) => {
    await talking(host);
    const { type, screen } = await openChat(host);
    const sees = (text: string) => host.waitFor(`the chat to show ${text}`, async () => (await screen()).includes(text));
    await type('-l', 'Which issue');
    await type('M-Enter');
    await type('-l', 'comes first?');
    await type('Enter');
    await toHear(host, 'Which issue\ncomes first?');
    expect((await heard(host))[0]).toMatch(/^\[from \w+ via tmux, id tmux:[\w-]+\]\n\[no thread, [^\]]+\]\nWhich issue\n/);

    const { said, status } = await say(host, ['Issue 12. \u001b[31m', '--new-thread', 'Release 2', '--wait']);
    expect([status, said.state, said.ids.length]).toEqual([0, 'sent', 1]);
    await sees('▸ Release 2');
    await type('Tab');
    await sees('Issue 12.');
    await type('-l', 'Go on.');
    await type('Enter');
    await toHear(host, `[thread ${said.thread},`);

    await type('-l', '!why enhancer');
    await type('Enter');
    await sees('enhancer');
    await host.waitFor('an answer', async () => (await answers(host)).some((text) => text.startsWith('**enhancer**')));
    expect((await heard(host)).filter((text) => text.includes('!why'))).toEqual([]);
    expect(await residentOf(host, await pidOf(host))).toBeLessThan(1.8 * (await idleNode(host)));
    await type('C-c');
    await host.waitFor('it to end', async () => (await host.tmux('has-session', '-t', '=_operator-coding')).status !== 0);
  });

  story('lose nothing and hear nothing twice while the bridge is killed again and again', async (host) => {
    await talking(host);
    const { type } = await openChat(host);
    for (let round = 0; round < 8; round += 1) {
      await type('-l', `question ${round}.`);
      await type('Enter');
      const [{ status }] = await Promise.all([say(host, [`answer ${round}.`]), host.kill(await pidOf(host)).catch(() => {})]);
      expect(status).toBe(0);
    }
    await toHear(host, 'question 7.');
    await host.waitFor('all to be said', async () => (await answers(host)).length >= 8);
    const numbers = [0, 1, 2, 3, 4, 5, 6, 7];
    expect(await answers(host)).toEqual(numbers.map((round) => `answer ${round}.`));
    const questions = (await heard(host)).join('\n').match(/question \d\./g);
    expect(questions).toEqual(numbers.map((round) => `question ${round}.`));
    await well(host);
  });

  story('lose nothing and hear nothing twice while the bridge hangs, which systemd notices', async (host) => {
    await host.writeFiles({ [`.config/systemd/user/${unit}.d/test.conf`]: '[Service]\nWatchdogSec=6s\n' });
    await talking(host);
    const { type } = await openChat(host);
    await host.waitFor('it to give signs of life', () => isFed(host));
    const before = await pidOf(host);
    await type('-l', 'Before.');
    await type('Enter');
    await toHear(host, 'Before.');
    await host.must(['kill', '-STOP', String(before)]);
    await type('-l', 'Meanwhile?');
    await type('Enter');
    const [first, second] = [await say(host, ['One.']), await say(host, ['Two.'])];
    expect([first.status, second.status]).toEqual([0, 0]);
    await host.waitFor('another bridge', async () => (await pidOf(host)) !== before, 60_000);
    await toHear(host, 'Meanwhile?');
    await host.waitFor('all to be said', async () => (await answers(host)).length >= 2);
    expect(await answers(host)).toEqual(['One.', 'Two.']);
    expect((await heard(host)).join('\n').match(/Before\.|Meanwhile\?/g)).toEqual(['Before.', 'Meanwhile?']);
    await well(host);
  });

  story('are told what became of a message, by words and by statuses', async (host) => {
    await talking(host);
    await host.must(['systemctl', '--user', 'stop', unit]);
    expect(await health(host)).toMatchObject({ status: 1, state: 'not-running', healthy: false });
    const waits = await say(host, ['Later.', '--id', 'later', '--wait', '--timeout', '1s']);
    expect([waits.status, waits.said.state]).toEqual([5, 'queued']);
    expect((await host.muster(['say', 'And this.'], inPane)).stdout).toContain('its connector does not run now');
    const piped = await say(host, ['-', '--fleet', 'coding'], { stdin: 'From a pipe.\n' });
    expect([piped.status, piped.said.state]).toEqual([0, 'queued']);
    await host.must(['systemctl', '--user', 'start', unit]);
    await host.waitFor('all to be said', async () => (await answers(host)).length === 3);
    expect(await answers(host)).toEqual(['Later.', 'And this.', 'From a pipe.']);
    expect((await shown(host)).messages[0]?.sender).toBe('orchestrator');
    const again = await say(host, ['Something else.', '--id', 'later']);
    expect([again.status, again.said.state]).toEqual([0, 'sent']);

    expect(await host.muster(['say', 'x', '--fleet', 'codin'], inPane)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('coding'),
    });
    expect(await host.muster(['say', ' '], inPane)).toMatchObject({ status: 4 });
    expect(await host.muster(['connector', 'serve', 'coding'])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('connector/served'),
    });
    expect(await host.muster(['connector', 'serve', 'nobody'])).toMatchObject({
      status: 78,
      stderr: expect.stringContaining('connector/unfit'),
    });
    expect(await host.muster(['connector', 'login', 'coding', '--token-stdin'], { stdin: 'hunter2\n' })).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('connector/login'),
    });
    await well(host);
  });

  story('wait for a disk that is full, and nothing is lost', async (host) => {
    await talking(host);
    const { type } = await openChat(host);
    const pid = await pidOf(host);
    await host.must(['prlimit', '--pid', String(pid), '--fsize=0:']);
    await type('-l', 'Are you there?');
    await type('Enter');
    await say(host, ['I am.']);
    // Its health is not told anew either.
    await host.waitFor('it to have tried', async () => Date.now() - Date.parse((await health(host)).at ?? '') > 7000);
    expect(await answers(host)).toEqual([]);
    expect(await heard(host)).toEqual([]);
    await host.must(['prlimit', '--pid', String(pid), '--fsize=unlimited:']);
    await toHear(host, 'Are you there?');
    await host.waitFor('it to be said', async () => (await answers(host)).length === 1);
    expect(await pidOf(host)).toBe(pid);
    await well(host);
  });

  story('hear from the controller what they should know, once', async (host) => {
    const { controller } = await controlled(host, talkers);
    await well(host);
    await host.commit({ 'rosters/coding.yaml': roster({ enhancer: 'enhancer' }) }, 'Without an orchestrator');
    await host.waitFor('it to be said', async () => (await answers(host)).some((text) => text.includes('**denied**')));
    const next = await controller.crash();
    await next.told('that it is denied', ({ attempted }) => attempted?.outcome === 'denied');
    await say(host, ['The last word.', '--wait']);
    expect((await answers(host)).filter((text) => text.includes('**denied**'))).toHaveLength(1);
    await next.stop();
  });
});
