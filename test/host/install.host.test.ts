import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { hostname, userInfo } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { controllerFiles } from '../../src/desired/controller.ts';
import { connectHost, type HostConnection } from '../../src/host/connect.ts';
import { hostFacts } from '../../src/host/facts.ts';
import { type Installed, type InstallStep, installController, uninstallController } from '../../src/host/install.ts';
import { readShipped } from '../../src/host/shipped.ts';
import { controllerUnit } from '../../src/model/names.ts';
import { clean, run, systemctl, unitDir } from '../contract/real-host.ts';

const home = process.env.HOME ?? '';
const program = path.join(home, 'program', 'muster');
const env = { ...process.env, MOSAIC_HOME: path.join(home, 'mosaic home') };
const facts = hostFacts({ env, uid: userInfo().uid, hostname: hostname(), launcher: [program] });
const { controller } = readShipped(new URL('../..', import.meta.url).pathname);
const unitFile = path.join(unitDir, controllerUnit);

let host: HostConnection;
let seen: InstallStep[];

beforeEach(async () => {
  await removeAll();
  await mkdir(path.dirname(program), { recursive: true });
  await programIs('systemd-notify --ready --status="following main"; exec sleep infinity');
  await run('loginctl', ['disable-linger']);
  host = connectHost(facts, env);
  seen = [];
});
afterEach(() => host.close());
afterAll(removeAll);

async function removeAll(): Promise<void> {
  await clean();
  for (const directory of [path.dirname(program), env.MOSAIC_HOME]) await rm(directory, { recursive: true, force: true });
  await systemctl('daemon-reload');
}

/** What `muster run` is, for once. */
async function programIs(script: string): Promise<void> {
  await writeFile(program, `#!/bin/sh\n[ "$*" = run ] || exit 64\n${script}\n`);
  await chmod(program, 0o755);
}

const onStep = (step: InstallStep): void => void seen.push(step);
const install = (deadline?: number): Promise<Installed> =>
  installController(
    { facts, env, host, onStep, ...(deadline === undefined ? {} : { deadline }) },
    controllerFiles(controller, facts, env),
  );
const uninstall = (): Promise<Installed> => uninstallController({ facts, env, host, onStep });
const done = (result: Installed): readonly string[] =>
  (result.refused === null ? result.steps : [])
    .filter(({ outcome }) => outcome === 'done')
    .map(({ what, target }) => `${what} ${target}`);
const pid = () => systemctl('show', '--value', '-p', 'MainPID', controllerUnit);

const everything = [
  `file units/${controllerUnit}`,
  'file bin/muster',
  `linger ${facts.tenant}`,
  `enable ${controllerUnit}`,
  `start ${controllerUnit}`,
];

test('it is set up in one go: files, lingering, enabled, running and ready', async () => {
  const installed = await install();
  expect(done(installed)).toEqual(everything);
  expect(installed).toMatchObject({ refused: null, status: 'following main' });
  expect(seen).toEqual(installed.refused === null && installed.steps);
  expect(await systemctl('is-active', controllerUnit)).toBe('active');
  expect(await systemctl('is-enabled', controllerUnit)).toBe('enabled');
  expect(await host.readers.linger.get()).toBe(true);
});

test('a second time there is nothing to do, and the run goes on', async () => {
  await install();
  const before = await pid();
  const again = await install();
  expect(done(again)).toEqual([]);
  expect(again.refused === null && again.steps).toHaveLength(everything.length + 1);
  expect(await pid()).toBe(before);
});

describe('what was undone is done again, and nothing else', () => {
  test.each<readonly [string, () => Promise<unknown>, readonly string[]]>([
    ['disabled', () => systemctl('disable', '--quiet', controllerUnit), [`enable ${controllerUnit}`]],
    ['stopped', () => systemctl('stop', controllerUnit), [`start ${controllerUnit}`]],
    [
      'its unit edited',
      async () => writeFile(unitFile, `${await readFile(unitFile, 'utf8')}# mine\n`),
      [`file units/${controllerUnit}`, 'reload user manager', `restart ${controllerUnit}`],
    ],
    [
      'another program in its place',
      () => programIs('systemd-notify --ready; exec sleep infinity'),
      [`restart ${controllerUnit}`],
    ],
    [
      'its launcher gone',
      () => rm(path.join(env.MOSAIC_HOME, 'fleet/bin/muster')),
      ['file bin/muster', `restart ${controllerUnit}`],
    ],
  ])('%s', async (_what, undo, expected) => {
    await install();
    await undo();
    expect(done(await install())).toEqual(expected);
    expect(await systemctl('is-active', controllerUnit)).toBe('active');
    expect(done(await install())).toEqual([]);
  });
});

describe('a controller that does not come up', () => {
  test('says how it ended', async () => {
    await programIs('systemd-notify --status="no repository here"; exit 78');
    await expect(install()).rejects.toMatchObject({
      name: 'PortError',
      message: expect.stringMatching(
        /cannot start mosaic-controller\.service: its job ended as "failed" \(exit status 78.*journalctl/,
      ),
    });
    expect(seen.map(({ what }) => what)).toEqual(['file', 'file', 'linger', 'reload', 'enable']);
    expect(await systemctl('show', '--value', '-p', 'NRestarts', controllerUnit)).toBe('0');
    await programIs('systemd-notify --ready; exec sleep infinity');
    expect(done(await install())).toEqual([`start ${controllerUnit}`]);
  });

  test('is not waited for longer than asked', async () => {
    await programIs('exec sleep infinity');
    await expect(install(300)).rejects.toMatchObject({ message: expect.stringContaining('it is still activating') });
  });
});

describe('nothing is done', () => {
  const refusal = async (code: string) => {
    for (const attempt of [install, uninstall]) expect(await attempt()).toMatchObject({ refused: { code } });
    expect(seen).toEqual([]);
    expect(await host.readers.linger.get()).toBe(false);
  };

  test('where a unit of this name is somebody else’s', async () => {
    await mkdir(unitDir, { recursive: true });
    await writeFile(unitFile, '[Service]\nExecStart=/bin/sleep infinity\n');
    await refusal('unit/foreign');
    expect(await readFile(unitFile, 'utf8')).not.toContain('Muster');
  });

  test('where a newer one has written it', async () => {
    await mkdir(unitDir, { recursive: true });
    await writeFile(unitFile, controller.replace('FormatVersion=1.0', 'FormatVersion=2.0'));
    await refusal('file/newer-format');
  });

  test('where it is masked', async () => {
    await mkdir(unitDir, { recursive: true });
    await symlink('/dev/null', unitFile);
    await systemctl('daemon-reload');
    await refusal('unit/masked');
  });
});

test('it is taken away: ended, not enabled, its unit gone; the launcher stays for agents', async () => {
  await install();
  seen = [];
  expect(done(await uninstall())).toEqual([
    `disable ${controllerUnit}`,
    `stop ${controllerUnit}`,
    `remove units/${controllerUnit}`,
    'reload user manager',
  ]);
  expect(await host.controller().state()).toMatchObject({ load: 'not-found', active: 'inactive', enabled: false, began: null });
  expect(await readFile(path.join(env.MOSAIC_HOME, 'fleet/bin/muster'), 'utf8')).toContain(program);
  expect(done(await uninstall())).toEqual([]);
  expect(done(await install())).toEqual(everything.filter((step) => !/^(file bin|linger)/.test(step)));
});

describe('the unit', () => {
  test('is one that systemd has nothing to say about', async () => {
    await install();
    const { stderr } = await run('systemd-analyze', ['--user', 'verify', unitFile]);
    expect(stderr.split('\n').filter((line) => line.includes(controllerUnit))).toEqual([]);
  });

  test('holds the controller within its limits, where a git commit, a child and a socket are still possible', async () => {
    const report = path.join(home, 'program', 'report');
    await programIs(
      [
        'set -e',
        `exec >'${report}' 2>&1`,
        'grep -E "^(NoNewPrivs|Seccomp):" /proc/self/status; umask; ulimit -c; echo "$MOSAIC_HOME"',
        `git init -q '${home}/program/repository'; cd '${home}/program/repository'`,
        'git -c user.name=a -c user.email=a@b commit -q --allow-empty -m x; git update-ref refs/muster/h/admitted HEAD',
        `'${process.execPath}' -e 'require("node:http").createServer().listen("${home}/program/socket", () => process.exit())'`,
        'systemctl --user show-environment >/dev/null; tmux -V',
        'systemd-notify --ready --status=well; exec sleep infinity',
      ].join('\n'),
    );
    expect(await install()).toMatchObject({ status: 'well' });
    expect((await readFile(report, 'utf8')).split('\n')).toEqual([
      'NoNewPrivs:\t1',
      'Seccomp:\t2',
      '0077',
      '0',
      env.MOSAIC_HOME,
      expect.stringMatching(/^tmux /),
      '',
    ]);
  });

  test('brings the controller back when it was killed, and reloads it with a SIGHUP', async () => {
    await programIs('trap "systemd-notify --status=again" HUP; systemd-notify --ready; while :; do sleep 0.1; done');
    await install();
    const before = await pid();
    execFileSync('kill', ['-9', before]);
    await expect
      .poll(async () => [await pid(), await systemctl('is-active', controllerUnit).catch(() => '')], { timeout: 10_000 })
      .toEqual([expect.not.stringMatching(new RegExp(`^(${before}|0)$`)), 'active']);
    await systemctl('reload', controllerUnit);
    await expect.poll(async () => (await host.controller().state()).status).toBe('again');
  });
});
