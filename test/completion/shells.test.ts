import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { completionScript, type Shell } from '../../src/views/completion.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'shells-'));
  mkdirSync(path.join(directory, 'bin'));
  // Tells what it is told to, and writes down what it was asked.
  writeFileSync(
    path.join(directory, 'bin/muster'),
    '#!/bin/sh\nprintf "<%s>" "$@" > "$ASKED"\nprintf -- "$TELLS"\necho noise >&2\n',
    { mode: 0o755 },
  );
  for (const shell of ['bash', 'zsh', 'fish'] as const) writeFileSync(path.join(directory, shell), completionScript(shell));
});
afterAll(() => rmSync(directory, { recursive: true }));

interface Asked {
  readonly offered: readonly string[];
  readonly asked: string;
  readonly stderr: string;
}

function run(shell: Shell, script: string, tells: string): Asked {
  const asked = path.join(directory, 'asked');
  const { stdout, stderr } = spawnSync(shell, [...options[shell], '-c', script], {
    cwd: directory,
    encoding: 'utf8',
    env: { PATH: `${directory}/bin:${process.env.PATH}`, HOME: directory, ASKED: asked, TELLS: tells, LC_ALL: 'C.UTF-8' },
  });
  return { offered: stdout.split('\n').filter(Boolean), asked: readFileSync(asked, 'utf8'), stderr };
}

const options: Readonly<Record<Shell, readonly string[]>> = {
  bash: ['--norc', '--noprofile'],
  zsh: ['-f'],
  fish: ['--no-config'],
};
const isHere = (shell: Shell): boolean => spawnSync(shell, ['-c', 'true']).status === 0;

const flags = '--format\\thow to print it\\n--fix\\n:nothing\\n';
const values = '--format=text\\n--format=json\\n:nothing\\n';

describe('bash', () => {
  /** As bash takes the line apart: `=` is a word of its own. */
  const tab = (words: readonly string[], tells: string): Asked =>
    run(
      'bash',
      `compopt() { echo "compopt $*"; }; source ./bash; COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _muster; printf '%s\\n' "\${COMPREPLY[@]}"`,
      tells,
    );

  test('offers words, without what they mean', () => {
    expect(tab(['muster', 'plan', '--f'], flags)).toEqual({
      offered: ['--format', '--fix'],
      asked: '<complete><--><plan><--f>',
      stderr: '',
    });
  });

  test('puts --flag=value together, and offers what stands behind the =', () => {
    expect(tab(['muster', 'plan', '--format', '=', 'te'], values)).toEqual({
      offered: ['text', 'json'],
      asked: '<complete><--><plan><--format=te>',
      stderr: '',
    });
    expect(tab(['muster', 'plan', '--format', '='], values).asked).toBe('<complete><--><plan><--format=>');
  });

  test.each([
    ['files', 'compopt -o default'],
    ['directories', 'compopt -o dirnames'],
  ])('leaves %s to bash', (meaning, offered) => {
    expect(tab(['muster', 'plan', ''], `:${meaning}\\n`)).toEqual({
      offered: [offered],
      asked: '<complete><--><plan><>',
      stderr: '',
    });
  });

  test('offers programs', () => {
    expect(tab(['muster', 'sandbox', '--', 'tru'], ':program\\n').offered).toContain('true');
  });

  test('runs what is on PATH, never what stands on the line', () => {
    writeFileSync(path.join(directory, 'muster'), '#!/bin/sh\ntouch pwned\n', { mode: 0o755 });
    expect(tab(['./muster', 'p'], 'plan\\n:nothing\\n').offered).toEqual(['plan']);
    expect(() => readFileSync(path.join(directory, 'pwned'))).toThrow();
  });

  test('a muster that says nothing offers nothing', () => {
    expect(tab(['muster', 'p'], '')).toMatchObject({ offered: [], stderr: '' });
  });
});

describe.skipIf(!isHere('fish'))('fish', () => {
  const tab = (line: string, tells: string): Asked => run('fish', `source ./fish; complete -C '${line}'`, tells);

  test('offers words with what they mean', () => {
    expect(tab('muster plan --f', flags)).toEqual({
      offered: ['--format\thow to print it', '--fix'].toSorted(),
      asked: '<complete><--><plan><--f>',
      stderr: '',
    });
  });

  test('--flag=value stays one word', () => {
    expect(tab('muster plan --format=te', values)).toMatchObject({
      offered: ['--format=text'],
      asked: '<complete><--><plan><--format=te>',
    });
  });

  test('offers files where they belong, and nowhere else', () => {
    expect(tab('muster plan --out bi', ':files\\n').offered).toEqual(['bin/']);
    expect(tab('muster plan bi', ':nothing\\n').offered).toEqual([]);
  });
});

describe.skipIf(!isHere('zsh'))('zsh', () => {
  /** Its own functions only work at a prompt: they say how they were called. */
  const tab = (words: readonly string[], tells: string): Asked =>
    run(
      'zsh',
      `compdef() { :; }; compset() { :; }; _files() { print "files $*"; }; _command_names() { print programs; }; _describe() { print -rl -- "\${(@P)2}"; }; source ./zsh; words=(${words.map((word) => `'${word}'`).join(' ')}); CURRENT=$#words; _muster`,
      tells,
    );

  test('offers words with what they mean', () => {
    expect(tab(['muster', 'plan', '--f'], flags)).toEqual({
      offered: ['--format:how to print it', '--fix'],
      asked: '<complete><--><plan><--f>',
      stderr: '',
    });
  });

  test('a word that is empty yet is asked for', () => {
    expect(tab(['muster', 'explain', ''], 'coder0\\n:agents\\n')).toMatchObject({
      offered: ['coder0'],
      asked: '<complete><--><explain><>',
    });
  });

  test('colons in words are no separators', () => {
    expect(tab(['muster', 'x'], 'a:b\\tc:d\\n:nothing\\n').offered).toEqual(['a\\:b:c:d']);
  });

  test.each([
    ['files', 'files '],
    ['directories', 'files -/'],
    ['program', 'programs'],
  ])('leaves %s to zsh', (meaning, offered) => {
    expect(tab(['muster', 'plan', ''], `:${meaning}\\n`).offered).toEqual([offered]);
  });
});

test.for(['bash', 'fish', 'zsh'] as const)('%s is tried', (shell, { skip }) => {
  skip(!isHere(shell), `${shell} is not installed here`);
  expect(isHere(shell)).toBe(true);
});
