import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hostFacts } from '../../src/host/facts.ts';
import { stateWriter } from '../../src/host/state.ts';
import type { Explanation } from '../../src/model/explanation.ts';
import type { Status } from '../../src/model/status.ts';
import { commit, git, write } from '../git/repositories.ts';
import { file, muster, nowhere, type Ran, roster } from './command-line.ts';

let home: string;
let env: Record<string, string | undefined>;
let stateDir: string;
let repository: string;
let revision: string;

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'in-force-'));
  env = { ...nowhere, HOME: home, XDG_RUNTIME_DIR: join(home, 'run'), XDG_STATE_HOME: join(home, 'state'), USER: 'jason' };
  stateDir = hostFacts({ env, uid: 1000, hostname: 'w-jarvis', launcher: ['muster'] }).stateDir;
  repository = join(home, 'fleet');
  mkdirSync(repository);
  git(repository, 'init', '--quiet', '--initial-branch=main');
  revision = committed(roster());
  await record(revision);
});

afterEach(() => rmSync(home, { recursive: true, force: true }));

function committed(text: string): string {
  write(repository, { [file]: text });
  return commit(repository);
}

const record = (key: string): Promise<void> =>
  stateWriter(stateDir).recordAdmitted({
    format_version: '1.0',
    revision: key,
    source: { root: repository, rosters: 'rosters' },
    fleets: { coding: ['boss', 'muse'] },
    state: { linger: true, files: {}, units: {}, sessions: {} },
    at: '2026-01-01T00:00:00Z',
  });

const run = (...args: string[]): Promise<Ran> => muster(args, { cwd: home, env });
const ps = async (): Promise<Status> => JSON.parse((await run('ps', '--tenant', 'jason', '--json')).stdout) as Status;

test('what was carried out here last is shown from where it came', async () => {
  const { agents } = await ps();
  expect(agents.map(({ name, desired }) => `${name} ${desired}`)).toEqual(['boss running', 'muse running']);
});

describe('what cannot be read any more is unknown, not absent:', () => {
  const rows: readonly (readonly [string, () => Promise<void> | void, string])[] = [
    ['the repository', () => renameSync(repository, `${repository}.away`), 'is not in a git repository'],
    ['the revision', () => record('5'.repeat(40)), 'no commit is named 5555'],
    ['its rosters', async () => record(committed('version: 7\n')), 'cannot be read'],
    ['the record', () => writeFileSync(join(stateDir, 'admitted.json'), '{'), 'admitted.json is damaged'],
  ];

  test.each(rows)('%s', async (what, harm, why) => {
    await harm();
    const { status, stdout, stderr } = await run('ps', '--tenant', 'jason');
    expect(status).toBe(1);
    expect(stderr).not.toContain('none recorded');
    expect(`${stdout}${stderr}`.replace(/\s+/g, ' ')).toContain(why);
    expect(stdout).toContain('desired is unknown: ');
    if (what !== 'the record') {
      expect(stderr).toContain(repository);
      expect(stdout).toMatch(/boss +unknown +unknown +unknown/);
      expect(stdout).not.toContain('No agents are rostered here');
    }
  });

  test('in JSON, too: agents and fleets as the record tells them', async () => {
    renameSync(repository, `${repository}.away`);
    const { agents, fleets, unrostered, unknown, differing } = await ps();
    expect(agents).toMatchObject([
      { fleet: 'coding', name: 'boss', class: 'unknown', desired: 'unknown' },
      { fleet: 'coding', name: 'muse', class: 'unknown', desired: 'unknown' },
    ]);
    expect(fleets).toMatchObject([{ name: 'coding', agents: 2 }]);
    expect([unrostered, differing]).toEqual([[], 0]);
    expect(unknown[0]).toEqual({ path: '', why: expect.stringContaining(repository) });
  });

  test('explain says so, and plans nothing', async () => {
    renameSync(repository, `${repository}.away`);
    const { status, stdout } = await run('explain', 'boss');
    expect(status).toBe(1);
    expect(stdout).toContain(`what is desired of it is not known: revision ${revision.slice(0, 12)} of ${repository}`);
    expect(stdout).toContain('What a plan would do is not known.');
    expect(stdout).not.toMatch(/in no roster|no roster/);
    const told = JSON.parse((await run('explain', 'boss', '--json')).stdout) as Explanation;
    expect(told).toMatchObject({ desired: null, plan: [], why: [{ code: 'desired-unknown' }, { code: 'unknown' }] });
  });
});

test('where nothing was ever carried out, that is said', async () => {
  rmSync(join(stateDir, 'admitted.json'));
  const { stdout, stderr } = await run('ps');
  expect(stderr).toContain('no rosters here, and none recorded on this host');
  expect(stdout).toContain('No agents are rostered here.');
});

test('an agent that is named where a directory is meant is explained', async () => {
  const asked = await run('ps', 'muse', '--tenant', 'jason');
  expect(asked.status).toBe(1);
  expect(asked.stderr).toContain('help: muse is an agent here: muster explain muse');
  expect((await run('ps', 'nobody', '--tenant', 'jason')).stderr).toContain('help: Name a repository');
});
