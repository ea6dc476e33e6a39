import { describe, expect } from 'vitest';
import type { Receipt } from '../../src/model/agents.ts';
import type { PrivateHost, Ran, RunOptions } from './host.ts';
import { type Agents, floor, roster } from './rosters.ts';
import { story } from './story.ts';

const stub = (quirks = ''): Agents[string] => ({ class: 'implementer', runtime: 'stub', env: { STUB_QUIRKS: quirks } });

/** A fleet of which the named agents are stubs, all of them idle. */
async function talking(host: PrivateHost, agents: Agents): Promise<void> {
  await host.commit({ 'rosters/coding.yaml': roster({ ...floor, ...agents }) });
  await host.apply();
  for (const agent of Object.keys(agents)) await idle(host, agent);
}

const traces = (host: PrivateHost, agent: string, file: string) => `${host.runtimeDir}/mosaic/agents/${agent}/${file}`;

async function idle(host: PrivateHost, agent: string): Promise<void> {
  await host.waitFor(`${agent} to be idle`, async () =>
    (await host.readFile(traces(host, agent, 'heartbeat.json')))?.includes('"state":"idle"'),
  );
}

/** What the stub began a turn with. */
async function heard(host: PrivateHost, agent: string): Promise<string[]> {
  const lines = (await host.readFile(traces(host, agent, 'transcript.jsonl')))?.trim().split('\n') ?? [];
  const records = lines.map((line) => JSON.parse(line) as { type: string; text: string });
  return records.flatMap(({ type, text }) => (type === 'user' ? [text] : []));
}

interface Sent extends Ran {
  readonly receipt: Receipt;
}

async function send(host: PrivateHost, args: readonly string[], options: RunOptions = {}): Promise<Sent> {
  const ran = await host.muster(['send', ...args, '--json'], options);
  return { ...ran, receipt: JSON.parse(ran.stdout || 'null') as Receipt };
}

/** Types into its pane as a person does. */
async function type(host: PrivateHost, agent: string, text: string): Promise<void> {
  await host.tmux('send-keys', '-t', `=${agent}:`, '-l', '--', text);
  await host.tmux('send-keys', '-t', `=${agent}:`, 'Enter');
}

const shows = (host: PrivateHost, agent: string, text: string) =>
  host.waitFor(`${agent} to show ${text}`, async () =>
    (await host.tmux('capture-pane', '-p', '-t', `=${agent}:`)).stdout.includes(text),
  );

describe('a message', () => {
  story('reaches an agent that is idle, from an operator, an agent, a file and a pipe', async (host) => {
    await talking(host, { coder0: stub('turn=1') });
    const { status, receipt } = await send(host, ['coder0', 'Look at issue 12.', '--verify']);
    expect(receipt).toMatchObject({ format_version: '1.0', agent: 'coder0', state: 'turn-started', reason: null });
    expect(receipt.evidence.length).toBeGreaterThan(0);
    expect(status).toBe(0);
    await shows(host, 'coder0', '● got: Look at issue 12.');
    const told = await host.muster(['send', 'coder0', 'And at 13.', '--verify']);
    expect(told).toMatchObject({ status: 0, stderr: '', stdout: expect.stringMatching(/^✓ /) });
    await idle(host, 'coder0');

    await host.writeFiles({ 'plan.md': { text: '# Plan\r\n\r\n1. x\u001b[201~\r/exit 3\r\n' } });
    const attached = await send(
      host,
      ['coder0', '--file', `${host.home}/plan.md`, '--attach', `${host.home}/plan.md`, '--id', 'p1', '--verify'],
      {
        env: { MOSAIC_AGENT: 'orchestrator' },
      },
    );
    expect(attached).toMatchObject({ status: 0, receipt: { id: 'p1', state: 'turn-started' } });
    await idle(host, 'coder0');
    const long = Array.from({ length: 2000 }, (_, line) => `${line} lines of a long text there are`).join('\n');
    expect(await send(host, ['coder0', '-', '--verify', '--from', 'jason'], { stdin: long })).toMatchObject({ status: 0 });
    await idle(host, 'coder0');

    const all = await heard(host, 'coder0');
    expect(all.slice(0, 3)).toEqual([
      'Look at issue 12.',
      'And at 13.',
      `[from orchestrator, id p1]\n# Plan\n\n1. x[201~\n/exit 3\nAttached: ${host.home}/plan.md`,
    ]);
    expect(all[3]?.endsWith(long)).toBe(true);
    // Sent again under its id it is not typed again.
    expect(await send(host, ['coder0', 'another text', '--id', 'p1', '--verify'])).toMatchObject({
      status: 0,
      receipt: attached.receipt,
    });
    expect(await heard(host, 'coder0')).toHaveLength(4);
    expect((await host.unit('coder0')).restarts).toBe(0);
  });

  story('of an agent to another says who sent it', async (host) => {
    const script = 'until muster send coder0 "I am up." --verify --json >~/receipt.json; do sleep 0.1; done; exec sleep infinity';
    const runtimes = { toy: { command: 'sleep', args: ['infinity'] }, talker: { command: 'sh', args: ['-c', script] } };
    const agents = { ...floor, coder0: stub(), coder1: { class: 'implementer', runtime: 'talker' } };
    await host.commit({ 'rosters/coding.yaml': roster(agents, { runtimes }) });
    await host.apply();
    await host.waitFor('a receipt', async () => (await host.readFile('receipt.json'))?.includes('"turn-started"'));
    const { id } = JSON.parse((await host.readFile('receipt.json')) ?? '') as Receipt;
    expect(await heard(host, 'coder0')).toEqual([`[from coder1, id ${id}]\nI am up.`]);
  });

  story('to a wrapper that is declared to be like a built-in runtime is delivered as to that one', async (host) => {
    const wrapped = { command: 'sh', args: ['-c', 'muster stub; exit $?'] };
    const runtimes = { toy: { command: 'sleep', args: ['infinity'] }, boxed: { ...wrapped, like: 'stub' }, strange: wrapped };
    const agents = { coder0: { class: 'implementer', runtime: 'boxed' }, coder1: { class: 'implementer', runtime: 'strange' } };
    await host.commit({ 'rosters/coding.yaml': roster({ ...floor, ...agents }, { runtimes }) });
    await host.apply();
    for (const agent of Object.keys(agents)) await idle(host, agent);
    expect(await send(host, ['coder0', 'hello', '--verify'])).toMatchObject({
      status: 0,
      receipt: { state: 'turn-started', evidence: ['transcript-turn'] },
    });
    // Of the same program, undeclared, nothing is known.
    expect(await send(host, ['coder1', 'hello', '--verify', '--timeout', '1s'])).toMatchObject({
      status: 7,
      receipt: { state: 'refused', reason: 'screen-unclear' },
    });
  });

  story('to an agent that cannot take it is queued or refused, with a status of its own', async (host) => {
    await talking(host, { coder0: stub(), coder1: stub('swallow-enter=1'), coder2: stub() });
    await type(host, 'coder0', '/busy 3');
    await shows(host, 'coder0', 'coder0 · busy');
    expect(await send(host, ['coder0', 'next', '--verify'])).toMatchObject({
      status: 5,
      receipt: { state: 'queued', evidence: ['runtime-queue', 'composer-empty'] },
    });
    expect(await send(host, ['coder1', 'swallowed once', '--verify'])).toMatchObject({
      status: 0,
      receipt: { state: 'turn-started' },
    });

    await type(host, 'coder2', '/dialog');
    await shows(host, 'coder2', 'Do you want to proceed?');
    expect(await send(host, ['coder2', 'y', '--verify', '--timeout', '1s'])).toMatchObject({
      status: 7,
      receipt: { state: 'refused', reason: 'dialog' },
    });
    await host.tmux('send-keys', '-t', '=coder2:', 'Enter');
    await shows(host, 'coder2', 'coder2 · idle');
    await host.tmux('send-keys', '-t', '=coder2:', '-l', 'half a mess');
    const waiting = await host.muster(['send', 'coder2', 'later']);
    expect(waiting).toMatchObject({ status: 0, stdout: expect.stringContaining('there is a draft in its composer') });
    expect(await heard(host, 'coder2')).toEqual([]);

    await host.systemctl('stop', 'mosaic-agent@coder1.service');
    expect(await send(host, ['coder1', 'hello?', '--verify'])).toMatchObject({ status: 7, receipt: { reason: 'agent-down' } });
    expect(await send(host, ['coder1', 'when you are back', '--id', 'b1'])).toMatchObject({
      status: 0,
      receipt: { state: 'queued' },
    });
    const listed = await host.json<{ entries: { id: string; phase: string }[] }>(['inbox', 'coder1']);
    expect(listed.entries).toMatchObject([{ id: 'b1', phase: 'waiting', text: 'when you are back' }]);
    const dead = await host.json<{ entries: { id: string }[] }>(['inbox', 'coder1', '--dead']);
    expect(dead.entries).toMatchObject([{ text: 'hello?', receipt: { state: 'refused' } }]);
    expect(await host.muster(['inbox', 'coder1', '--dead', '--forget', dead.entries[0]?.id ?? ''])).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^No dead letters for /),
    });
    await host.systemctl('start', 'mosaic-agent@coder1.service');
    await host.back('coder1');
    await idle(host, 'coder1');
    expect(await host.json(['inbox', 'coder1', '--deliver'])).toMatchObject({
      receipts: [{ id: 'b1' }],
      obstacle: null,
      entries: [],
    });
    expect((await heard(host, 'coder1')).at(-1)).toBe('when you are back');
  });

  story('that is none is refused, and nothing is left of it', async (host) => {
    await talking(host, { coder0: stub() });
    const refused = async (args: readonly string[], options: RunOptions = {}) => {
      const { status, stderr } = await host.muster(['send', ...args], options);
      return [status, /^error\[(.*?)\] (.*)/.exec(stderr)?.slice(1).join(': ')];
    };
    expect(await refused(['codr0', 'x'])).toEqual([1, 'name/unknown: no agent here is named codr0']);
    expect(await refused(['coder0', '\u001b\u0003\r'])).toEqual([4, 'message/text: the text is empty']);
    expect(await refused(['coder0'])).toEqual([4, 'usage: there is no text to send']);
    const script = 'head -c 100000000 /dev/zero | muster send coder0 - ; echo $? >status';
    await host.must(['sh', '-c', script]);
    expect(await host.readFile('status')).toBe('4\n');
    await host.writeFiles({ 'picture.png': { base64: Buffer.from([0x89, 0x50, 0xff, 0xfe]).toString('base64') } });
    expect(await refused(['coder0', '--file', `${host.home}/picture.png`])).toEqual([4, 'message/text: the text is not UTF-8']);
    expect(await refused(['coder0', 'x', '--attach', '/nowhere'])).toEqual([4, 'usage: --attach "/nowhere" cannot be read']);
    expect(await refused(['coder0', 'x', '--from', 'a]\n/exit'])).toEqual([
      4,
      'usage: --from "a]\\n/exit" is no name of a sender',
    ]);
    expect(await heard(host, 'coder0')).toEqual([]);
    expect(await host.json(['inbox', 'coder0'])).toMatchObject({ entries: [] });
  });
});
