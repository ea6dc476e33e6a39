import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { boundBefore } from '../../src/cli/bound-before.ts';
import { metricsAt } from '../../src/cli/metrics.ts';
import { Refusal } from '../../src/cli/refusal.ts';
import { hostFacts } from '../../src/host/facts.ts';
import { statusFile } from '../../src/host/status-file.ts';
import { controllerStore } from '../../src/host/store.ts';
import type { Binding } from '../../src/model/controller.ts';
import { controllerStatus } from '../control/fake-control.ts';
import { repository } from '../git/repositories.ts';
import { file, muster, nowhere, type Ran, roster } from './command-line.ts';

let home: string;
let env: Record<string, string | undefined>;
let stateDir: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'run-'));
  env = { ...nowhere, HOME: home, XDG_RUNTIME_DIR: join(home, 'run'), XDG_STATE_HOME: join(home, 'state') };
  stateDir = hostFacts({ env, uid: 1000, hostname: 'w-jarvis', launcher: ['muster'] }).stateDir;
  mkdirSync(stateDir, { recursive: true });
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const run = (...args: string[]): Promise<Ran> => muster(['run', ...args], { cwd: home, env });

describe('a controller.yaml that is wrong ends it with status 78, which systemd does not try again:', () => {
  test.each([
    ['a key that there is not', 'health: { deadlin: 3s }\n', 'error[config/value]'],
    ['a value that it cannot have', 'resync: soon\n', 'error[config/value]'],
    ['no YAML', 'resync: [\n', 'error[config/syntax]'],
  ])('%s', async (_what, text, said) => {
    mkdirSync(join(home, '.config/mosaic/fleet'), { recursive: true });
    writeFileSync(join(home, '.config/mosaic/fleet/controller.yaml'), text);
    const { status, stderr } = await run();
    expect(stderr).toContain(said);
    expect(status).toBe(78);
  });

  test('also one that is named and not there', async () => {
    expect((await run('--config', 'nowhere.yaml')).status).toBe(78);
  });
});

describe('what a controller was bound to, where its record is damaged,', () => {
  const binding: Binding = { repository: '/home/jason/fleet', ref: 'refs/heads/live', rosters: 'rosters' };
  const bound = (ref: string | null = null): Promise<Binding | null> =>
    boundBefore({ ref, worktree: false }, controllerStore(stateDir), statusFile(stateDir).read);
  beforeEach(() => writeFileSync(join(stateDir, 'controller.json'), '{'));

  test('is told by what it last told of itself', async () => {
    await statusFile(stateDir).write(controllerStatus({ binding }));
    expect(await bound()).toEqual(binding);
  });

  test('is what controller.yaml names, where nothing else tells', async () => {
    expect(await bound('main')).toBeNull();
  });

  test('is not guessed from what happens to be checked out', async () => {
    await expect(bound()).rejects.toBeInstanceOf(Refusal);
    const { status, stderr } = await run(repository({ [file]: roster() }));
    expect(status).toBe(78);
    expect(stderr).toContain('error[state/unreadable] which branch is followed here cannot be read');
    expect(stderr).toContain('controller.json is damaged');
    expect(stderr).toContain('help: Say which: ref: NAME in controller.yaml, or --ref NAME');
  });

  test('is nothing where none was ever bound', async () => {
    rmSync(join(stateDir, 'controller.json'));
    expect(await bound()).toBeNull();
  });
});

describe('metrics', () => {
  test('whose place is taken are told to be missing, and stop nobody', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const said: string[] = [];
    const end = await metricsAt(
      { host: '127.0.0.1', port },
      () => '',
      (priority, text) => said.push(`${priority} ${text}`),
    );
    await end();
    await new Promise((resolve) => other.close(resolve));
    expect(said).toEqual([expect.stringMatching(/^3 no metrics: .*(?:EADDRINUSE|in use)/)]);
  });

  test('that nobody asked for are nowhere', async () => {
    const said: string[] = [];
    await (
      await metricsAt(
        null,
        () => '',
        (_priority, text) => said.push(text),
      )
    )();
    expect(said).toEqual([]);
  });
});
