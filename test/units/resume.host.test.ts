import { mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { clear, installUnits, said, show, systemctl, unitOf, until, writeAgent } from './fleet.ts';

const home = process.env.HOME ?? '';
const talk = join(home, '.talk');
const calls = join(home, 'calls');
const ids = { first: '01a20746-7c07-7f22-984a-6064af6ade6a', other: '01a20757-d507-7b11-9952-d8dbda0ae722' };

/** Writes down how it was called. A new conversation is one transcript; one that is broken cannot be gone on with. */
const program = `
if [ "$1" = --fresh ]; then
  mkdir -p "$PLACE"
  echo '{"name":"mark-one"}' >"$PLACE/${ids.first}.jsonl"
fi
printf '%s\\n' "$*" >>"${calls}"
if [ "$1" = --resume ] && grep -q broken "$PLACE/$2.jsonl"; then exit 1; fi
exec sleep infinity
`;

const agent = (place: string, changes: object = {}) => ({
  argv: ['sh', '-c', program, 'program', '--fresh', '{conversations}', '{role}'],
  env: { PLACE: place },
  resume: {
    transcripts: 'talks/{directory}/*.jsonl',
    mark: '"name":"mark-one"',
    argv: ['sh', '-c', program, 'program', '--resume', '{session}', ';'],
  },
  ...changes,
});

const slug = (directory: string): string => directory.replace(/[^A-Za-z0-9]/g, '-');
const placeOf = (directory: string): string => join(talk, 'talks', slug(directory));

beforeAll(async () => {
  await clear();
  await installUnits();
});
beforeEach(() => {
  rmSync(talk, { recursive: true, force: true });
  writeFileSync(calls, '');
});
afterEach(clear);

/** How it was called at its next start. */
async function startedWith(verb: 'start' | 'restart'): Promise<string> {
  const before = readFileSync(calls, 'utf8').length;
  await systemctl(verb, unitOf('one'));
  const lines = await until(
    async () => readFileSync(calls, 'utf8').slice(before).match(/.+\n/g) ?? undefined,
    'the program is called',
  );
  return lines.at(-1)?.trim() ?? '';
}

test('the first start begins a conversation, each later one goes on with it', async () => {
  writeAgent('one', agent(placeOf(home)));
  const machine = readFileSync('/etc/machine-id', 'utf8').trim();
  expect(await startedWith('start')).toBe(`--fresh ${home}/.local/state/mosaic/${machine}/conversations/one a role`);
  expect(await startedWith('restart')).toBe(`--resume ${ids.first} ;`);
  expect(await startedWith('restart')).toBe(`--resume ${ids.first} ;`);
});

test('conversations of others in the same directory are not its own', async () => {
  writeAgent('one', agent(placeOf(home)));
  mkdirSync(placeOf(home), { recursive: true });
  writeFileSync(join(placeOf(home), `${ids.other}.jsonl`), '{"name":"mark-two"}\n');
  expect(await startedWith('start')).toMatch(/^--fresh/);
  expect(await startedWith('restart')).toBe(`--resume ${ids.first} ;`);
});

test('of several of its own it is the newest', async () => {
  writeAgent('one', agent(placeOf(home)));
  await startedWith('start');
  writeFileSync(join(placeOf(home), `${ids.other}.jsonl`), '{"name":"mark-one"}\n');
  const later = Date.now() / 1000 + 3600;
  utimesSync(join(placeOf(home), `${ids.other}.jsonl`), later, later);
  expect(await startedWith('restart')).toBe(`--resume ${ids.other} ;`);
  utimesSync(join(placeOf(home), `${ids.other}.jsonl`), 1000, 1000);
  expect(await startedWith('restart')).toBe(`--resume ${ids.first} ;`);
});

test('in a directory with odd characters, and one that the environment names', async () => {
  const directory = join(home, 'a b.ü[1]');
  const elsewhere = join(home, 'talk [2] here');
  const place = join(elsewhere, 'talks', slug(directory));
  mkdirSync(directory, { recursive: true });
  writeAgent('one', agent(place, { workdir: directory, env: { PLACE: place, TALK_HOME: elsewhere } }));
  expect(await startedWith('start')).toMatch(/^--fresh/);
  expect(await startedWith('restart')).toBe(`--resume ${ids.first} ;`);
});

test('one that cannot be gone on with keeps no agent from starting', async () => {
  writeAgent('one', agent(placeOf(home)));
  await startedWith('start');
  const log = said().length;
  writeFileSync(join(placeOf(home), `${ids.first}.jsonl`), '{"name":"mark-one","broken":true}\n');
  await systemctl('restart', unitOf('one'));
  await until(async () => /--resume .*\n--fresh/.test(readFileSync(calls, 'utf8')), 'a new one is begun');
  expect(await show(unitOf('one'), 'ActiveState')).toBe('active');
  expect(said().slice(log)).toContain('agent one: it could not go on with its conversation (exit status 1) and begins a new one');
});

test('a name that is no id is none', async () => {
  writeAgent('one', agent(placeOf(home)));
  mkdirSync(placeOf(home), { recursive: true });
  writeFileSync(join(placeOf(home), `$(touch x) and more than 36 characters .jsonl`), '{"name":"mark-one"}\n');
  expect(await startedWith('start')).toMatch(/^--fresh/);
});
