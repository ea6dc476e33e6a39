import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { back, clear, installUnits, run, show, socket, systemctl, tmux, unitOf, until, writeAgent } from '../units/fleet.ts';

let program = '';
const name = 'coder0';
const directory = join(process.env.XDG_RUNTIME_DIR ?? '', 'mosaic/agents', name);

beforeAll(async () => {
  program = join(mkdtempSync('/tmp/stub-'), 'stub.mjs');
  await build({
    entryPoints: [new URL('stub-entry.ts', import.meta.url).pathname],
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: program,
    logLevel: 'error',
  });
  await clear();
  await installUnits();
});
beforeEach(async () => {
  await clear();
  writeAgent(name, { argv: [process.execPath, program], role: '# Coder\n' });
  await systemctl('start', unitOf(name));
  await until(async () => heartbeat()?.state === 'idle', 'the stub to be idle');
});
afterAll(clear);

const target = `=${name}:`;
const keys = (...words: readonly string[]) => tmux('send-keys', '-t', target, ...words);
const type = (text: string) => tmux('send-keys', '-t', target, '-l', '--', text);
const screen = async (): Promise<string> => (await tmux('capture-pane', '-p', '-t', target)).stdout;

async function paste(text: string): Promise<void> {
  await run('sh', '-c', `printf %s "$1" | tmux -L ${socket} load-buffer -b test -`, 'sh', text);
  await tmux('paste-buffer', '-d', '-p', '-r', '-b', 'test', '-t', target);
}

const json = (file: string): Record<string, unknown>[] =>
  existsSync(join(directory, file))
    ? readFileSync(join(directory, file), 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>)
    : [];
const heartbeat = () => json('heartbeat.json')[0];
const heard = (text: string) => until(async () => json('transcript.jsonl').some((record) => record.text === text), `"${text}"`);

describe('the stub in a pane of tmux', () => {
  test('greets, takes typed and pasted messages, and answers them on the screen', async () => {
    const greeting = /^Stub agent: coder0, class worker, fleet coding\nRole: Coder\n>\ncoder0 · idle\n/;
    await until(async () => greeting.test(await screen()), 'the greeting');
    await type('grüße');
    await keys('Enter');
    await heard('got: grüße');
    await paste('one\ntwo\n/exit 3\n');
    await keys('Enter');
    await heard('got: one\ntwo\n/exit 3\n');
    await until(async () => (await screen()).includes('● got: grüße\n> one\ntwo\n/exit 3\n'), 'the answers');
    expect(await show(unitOf(name), 'NRestarts')).toBe('0');
  });

  test('shows a draft, also after its window has another size', async () => {
    await type('half a message');
    await until(async () => (await screen()).includes('> half a message\n'), 'the draft');
    await tmux('resize-window', '-t', target, '-x', '40', '-y', '12');
    await until(async () => /^Stub agent[\s\S]*\n> half a message\ncoder0 · idle\n/.test(await screen()), 'it to be drawn anew');
    expect(json('transcript.jsonl')).toEqual([]);
  });

  test('beats under the identity of its own process', async () => {
    const { incarnation, invocation } = heartbeat() ?? {};
    const { pid, start_time } = incarnation as { pid: number; start_time: number };
    expect(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[19]).toBe(String(start_time));
    expect(invocation).toBe(await show(unitOf(name), 'InvocationID'));
  });

  test.each([
    ['/exit 7', 7],
    ['/crash', 137],
  ])('%s ends the unit with the same status, and it comes back', async (command, status) => {
    const before = await show(unitOf(name), 'InvocationID');
    const said = readFileSync('/run/private-host/log', 'utf8').length;
    await type(command);
    await keys('Enter');
    await back(name, before);
    expect(readFileSync('/run/private-host/log', 'utf8').slice(said)).toContain(`ended with exit status ${status}`);
  });

  test('a hung one is stopped within its time', async () => {
    await type('/hang');
    await keys('Enter');
    await until(async () => (await screen()).includes('coder0 · hung'), 'it to hang');
    await type('hello?');
    expect((await systemctl('stop', unitOf(name))).status).toBe(0);
    expect(await show(unitOf(name), 'Result')).toBe('success');
  });
});
