import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type StandingTmux, standingTmux } from '../../src/tmux/standing-run.ts';

let folder: string;
let standing: StandingTmux;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'standing-'));
});

afterEach(() => {
  standing.end();
  rmSync(folder, { recursive: true });
});

/** A program by the name of tmux, which writes down who has started it. */
function tmux(script: string): void {
  const file = join(folder, 'tmux');
  writeFileSync(file, `#!/bin/sh\necho "$PPID" >> '${folder}/parents'\n${script}\n`);
  chmodSync(file, 0o755);
}

const start = (deadline = 30_000): StandingTmux => {
  standing = standingTmux(
    { ...process.env, PATH: `${folder}:${process.env.PATH}`, TMUX: 'inside', TMUX_TMPDIR: '/here' },
    deadline,
  );
  return standing;
};
const parents = (): readonly string[] => readFileSync(join(folder, 'parents'), 'utf8').trim().split('\n');
/** Whether a process has ended, though nobody may have asked yet how. */
const isGone = (pid: number): boolean => {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return true;
  }
};

test('each answer is of its own run, by the same shell', async () => {
  tmux(`echo "run $(wc -l < '${folder}/parents')"`);
  const { run } = start();
  const answers = [await run('mosaic', ['list']), await run('mosaic', ['list']), await run('mosaic', ['list'])];
  expect(answers.map(({ status, stdout, stderr }) => [status, stdout.trim(), stderr])).toEqual([
    [0, 'run 1', ''],
    [0, 'run 2', ''],
    [0, 'run 3', ''],
  ]);
  expect(new Set(parents()).size).toBe(1);
  expect(parents()[0]).not.toBe(String(process.pid));
});

test('tmux is given what is asked, to the byte, and an environment of its own', async () => {
  tmux(`for word; do printf '<%s>' "$word"; done; printf '%s %s %s' "$LC_ALL" "\${TMUX-none}" "$TMUX_TMPDIR"; cat`);
  const { run } = start();
  const odd = ['-F', '#{x}\t\'"$HOME` \\0', 'ü\n', ''];
  const expected = ['-u', '-N', '-S', '/a socket', ...odd].map((word) => `<${word}>`).join('');
  expect((await run('/a socket', odd)).stdout).toBe(`${expected}C.UTF-8 none /here`);
});

test('a large answer comes whole, and so does none', async () => {
  tmux(`[ "$5" = none ] || awk 'BEGIN { for (i = 0; i < 20000; i++) print "line", i, "ü" }'`);
  const { run } = start();
  const { stdout } = await run('mosaic', ['many']);
  expect(stdout.split('\n')).toHaveLength(20_001);
  expect(stdout.endsWith('line 19999 ü\n')).toBe(true);
  expect(await run('mosaic', ['none'])).toEqual({ status: 0, stdout: '', stderr: '' });
});

test('what fails is run by ourselves, and told as tmux tells it', async () => {
  tmux(`[ -e '${folder}/up' ] && echo fine && exit; echo half; echo 'no server running on x' >&2; exit 1`);
  const { run } = start();
  expect(await run('mosaic', ['list'])).toEqual({ status: 1, stdout: 'half\n', stderr: 'no server running on x\n' });
  expect(parents()[1]).toBe(String(process.pid));
  writeFileSync(join(folder, 'up'), '');
  expect(await run('mosaic', ['list'])).toEqual({ status: 0, stdout: 'fine\n', stderr: '' });
  expect(parents()[2]).toBe(parents()[0]);
});

test('two that ask at once, and who has something to hand in, are both answered', async () => {
  tmux('cat; echo "$5"');
  const { run } = start();
  const answers = await Promise.all([run('mosaic', ['list']), run('mosaic', ['list']), run('mosaic', ['source'], 'words\n')]);
  expect(answers.map(({ stdout }) => stdout)).toEqual(['list\n', 'list\n', 'words\nsource\n']);
  expect(parents().filter((parent) => parent === String(process.pid))).toHaveLength(2);
});

test('another question, or another socket, is another answer', async () => {
  tmux('echo "$4 $5"');
  const { run } = start();
  const answers = [await run('a', ['list']), await run('b', ['list']), await run('b', ['show']), await run('a', ['list'])];
  expect(answers.map(({ stdout }) => stdout)).toEqual(['a list\n', 'b list\n', 'b show\n', 'a list\n']);
});

test('a shell that is gone is replaced', async () => {
  tmux('echo here');
  const { run } = start();
  await run('mosaic', ['list']);
  process.kill(Number(parents()[0]), 'SIGKILL');
  expect((await run('mosaic', ['list'])).stdout).toBe('here\n');
  expect((await run('mosaic', ['list'])).stdout).toBe('here\n');
});

test('where there is no tmux, that is said', async () => {
  const { run } = standingTmux({ PATH: folder }, 5000);
  standing = { run, end: () => {} };
  await expect(run('mosaic', ['list'])).rejects.toMatchObject({ kind: 'unavailable' });
});

test('one that does not answer is not waited for, and ends', async () => {
  tmux(`echo $$ > '${folder}/pid'; [ -e '${folder}/up' ] && echo up && exit; exec sleep 600`);
  const { run } = start(1000);
  await expect(run('mosaic', ['list'])).rejects.toMatchObject({ kind: 'timeout' });
  await expect
    .poll(() => existsSync(join(folder, 'pid')) && isGone(Number(readFileSync(join(folder, 'pid'), 'utf8'))))
    .toBe(true);
  await expect.poll(() => isGone(Number(parents()[0]))).toBe(true);
});

test('nothing is left of it at its end', async () => {
  tmux('echo here');
  const { run, end } = start();
  await run('mosaic', ['list']);
  end();
  await expect.poll(() => isGone(Number(parents()[0]))).toBe(true);
});
