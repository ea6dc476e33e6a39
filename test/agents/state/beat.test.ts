import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { adapterOf } from '../../../src/agents/runtimes/adapters.ts';
import { beat, isOver, ownRun } from '../../../src/agents/state/beat.ts';
import { beatsOf } from '../../../src/agents/state/beats.ts';
import { isOfRun, readHeartbeat } from '../../../src/agents/state/heartbeat.ts';
import { environmentOf, processTree } from '../../../src/agents/state/process.ts';

const invocation = 'c0ffee00c0ffee00c0ffee00c0ffee00';
const clock = (seconds: number): Date => new Date(Date.UTC(2026, 0, 2, 3, 4, seconds));

let directory = '';
const children: ChildProcess[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'muster-beat-'));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(directory, { recursive: true });
});

/** An agent's program with a hook below it, which was started with an environment of its own making; their process ids. */
async function agent(run = invocation): Promise<{ readonly root: number; readonly hook: number }> {
  const env = { PATH: '/usr/bin:/bin', MOSAIC_AGENT: 'coder0', MOSAIC_INVOCATION: run, MOSAIC_RUN: directory };
  const child = spawn('/bin/sh', ['-c', `env -i PATH=$PATH sh -c 'echo $$; read word'; :`], { env });
  children.push(child);
  const hook = await new Promise<number>((resolve) => child.stdout.once('data', (text) => resolve(Number(String(text)))));
  return { root: child.pid ?? 0, hook };
}

const heartbeat = () => readHeartbeat(readFileSync(join(directory, 'heartbeat.json'), 'utf8'));

async function run() {
  const { hook, root } = await agent();
  const own = ownRun(hook);
  if (own === null) throw new Error('no run');
  return { own, root };
}

describe('a heartbeat', () => {
  test('is of the first process of its run, also where the hook was given another environment', async () => {
    const { own, root } = await run();
    expect(own).toEqual({ agent: 'coder0', invocation, directory, root: processTree(root)[0] });
    beat(own, 'busy', clock(0), 7);
    expect(heartbeat()).toEqual({
      format_version: '1.0',
      agent: 'coder0',
      incarnation: processTree(root)[0],
      invocation,
      state: 'busy',
      at: clock(0).toISOString(),
    });
    expect(readdirSync(directory)).toEqual(['heartbeat.json']);
  });

  test('speaks for its run and no other', async () => {
    const { own, root } = await run();
    beat(own, 'busy', clock(0), 7);
    const beaten = heartbeat();
    if (beaten === null) throw new Error('no heartbeat');
    const processes = processTree(root);
    const other = processTree((await agent()).root);
    expect(isOfRun(beaten, invocation, processes)).toBe(true);
    expect(isOfRun(beaten, invocation, other)).toBe(false);
    expect(isOfRun(beaten, 'f'.repeat(32), processes)).toBe(false);
    const [first] = processes;
    if (first === undefined) throw new Error('no process');
    expect(isOfRun(beaten, invocation, [{ ...first, boot_id: 'another boot' }])).toBe(false);
    expect(isOfRun(beaten, invocation, [{ ...first, start_time: first.start_time + 1 }])).toBe(false);
  });

  test('of a hook that was called earlier and is later done changes nothing', async () => {
    const { own } = await run();
    beat(own, 'idle', clock(5), 7);
    beat(own, 'busy', clock(4), 8);
    expect(heartbeat()).toMatchObject({ state: 'idle' });
    beat(own, 'busy', clock(6), 9);
    expect(heartbeat()).toMatchObject({ state: 'busy' });
  });

  test('of an earlier run, or a damaged one, is in nobody’s way', async () => {
    const { own } = await run();
    beat({ ...own, invocation: 'f'.repeat(32) }, 'idle', clock(50), 7);
    beat(own, 'busy', clock(4), 8);
    expect(heartbeat()).toMatchObject({ state: 'busy', invocation });
    writeFileSync(join(directory, 'heartbeat.json'), '{"format_version":"1.0",');
    beat(own, 'idle', clock(3), 8);
    expect(heartbeat()).toMatchObject({ state: 'idle' });
  });

  test('is nobody’s outside an agent', () => expect(ownRun(process.pid)).toBeNull());

  test('is of a run that is over once another one has been started', async () => {
    const { own } = await run();
    expect(isOver(own)).toBe(false);
    const started = (id: string) => writeFileSync(join(directory, 'started.json'), JSON.stringify({ invocation: id }));
    started(invocation);
    expect(isOver(own)).toBe(false);
    started('f'.repeat(32));
    expect(isOver(own)).toBe(true);
  });
});

describe('that a turn has begun', () => {
  test.each([
    ['is said by a heartbeat of this run', 'idle', 'busy', 2, 'heartbeat'],
    ['is not said where it was busy before', 'busy', 'busy', 2, null],
    ['is not said by one of before', 'idle', 'busy', 0.5, null],
    ['is not said where it waits', 'idle', 'waiting-for-input', 2, null],
    ['is said by the first heartbeat that there is', null, 'busy', 2, 'heartbeat'],
  ] as const)('%s', async (_what, before, after, seconds, by) => {
    const { own, root } = await run();
    const beats = beatsOf(adapterOf('mine'), environmentOf(root), root, () => clock(1));
    if (before !== null) beat(own, before, clock(0), 7);
    const mark = beats.mark();
    expect(beats.speaks(mark)).toBe(before !== null);
    expect(beats.begunSince(mark)).toBeNull();
    beat(own, after, clock(seconds), 8);
    expect(beats.begunSince(mark)).toBe(by);
  });

  test('is not said by a heartbeat of another run in the same place', async () => {
    const { root } = await run();
    const other = ownRun((await agent('f'.repeat(32))).hook);
    const beats = beatsOf(adapterOf('mine'), environmentOf(root), root, () => clock(1));
    const mark = beats.mark();
    if (other !== null) beat(other, 'busy', clock(2), 8);
    expect(other).not.toBeNull();
    expect(beats.begunSince(mark)).toBeNull();
  });
});
