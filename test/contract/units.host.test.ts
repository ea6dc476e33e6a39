import { lstatSync } from 'node:fs';
import { chmod, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { agentTemplate, agentUnit, holderUnit } from '../../src/model/names.ts';
import { callManager } from '../../src/systemd/manager.ts';
import { remembering } from '../../src/systemd/recall.ts';
import { unitWriter } from '../../src/systemd/unit-writer.ts';
import { clean, realUnits, run, runtimeDir, systemctl, unitDir } from './real-host.ts';
import { unitsContract } from './units.contract.ts';

afterAll(clean);

describe('units of a real user manager', () => unitsContract(() => realUnits()));

describe('the same, where what has not changed is remembered', () => unitsContract(() => realUnits(remembering)));

describe('the disk is read as systemd reads it', () => {
  let host: Awaited<ReturnType<typeof realUnits>>;
  beforeEach(async () => {
    host = await realUnits();
  });
  afterEach(() => host.close());

  const unit = agentUnit('coder0');
  const file = (name: string) => path.join(unitDir, name);
  const runtimeFile = async (name: string) => {
    await mkdir(path.join(runtimeDir, 'systemd/user'), { recursive: true });
    return path.join(runtimeDir, 'systemd/user', name);
  };
  const rows: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['enabled', () => systemctl('enable', '--quiet', unit)],
    ['enabled for this boot', () => systemctl('enable', '--runtime', '--quiet', unit)],
    [
      'enabled both ways',
      () => systemctl('enable', '--quiet', unit).then(() => systemctl('enable', '--runtime', '--quiet', unit)),
    ],
    [
      'required by another unit',
      async () => {
        await mkdir(file('other.target.requires'), { recursive: true });
        await symlink(file(agentTemplate), file(`other.target.requires/${unit}`));
      },
    ],
    ['masked', () => symlink('/dev/null', file(unit))],
    ['masked while enabled', () => systemctl('enable', '--quiet', unit).then(() => symlink('/dev/null', file(unit)))],
    ['masked for this boot', async () => symlink('/dev/null', await runtimeFile(unit))],
    ['a file of its own', () => writeFile(file(unit), '[Service]\nExecStart=/bin/true\n')],
    [
      'a file of its own that can be enabled',
      () => writeFile(file(unit), '[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=default.target\n'),
    ],
    ['a file for this boot', async () => writeFile(await runtimeFile(unit), '[Service]\nExecStart=/bin/true\n')],
    [
      'linked from elsewhere',
      async () => {
        await writeFile(path.join(runtimeDir, unit), '[Service]\nExecStart=/bin/true\n');
        await symlink(path.join(runtimeDir, unit), file(unit));
      },
    ],
    [
      'made by systemd-run',
      async () => {
        await host.removeTemplate();
        await run('systemd-run', ['--user', '--quiet', `--unit=${unit}`, 'sleep', 'infinity']);
      },
    ],
    [
      'a template that cannot be enabled',
      async () => {
        await writeFile(file(agentTemplate), '[Service]\nExecStart=/bin/sleep infinity\n');
        await systemctl('daemon-reload');
        await host.writer.start(unit);
      },
    ],
    [
      'the holder, disabled',
      () => writeFile(file(holderUnit), '[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=default.target\n'),
    ],
  ];
  test.each(rows)('%s', async (_state, make) => {
    await make();
    const units = await host.reader.list();
    const [[name, { enablement }] = raise('none is listed'), ...more] = Object.entries(units);
    const [word] = await callManager(host.bus, 'GetUnitFileState', 's', [name]);
    expect(enablement).toBe(inLastingHome(String(word), name));
    expect(more).toEqual([]);
  });
});

/** systemd takes every mask below /run for one that ends with the boot, also in a home that is there. */
const inLastingHome = (word: string, unit: string): string =>
  word === 'masked-runtime' && lstatSync(path.join(unitDir, unit), { throwIfNoEntry: false }) !== undefined ? 'masked' : word;

function raise(why: string): never {
  throw new Error(why);
}

describe('what only the real one does', () => {
  let host: Awaited<ReturnType<typeof realUnits>>;
  beforeEach(async () => {
    host = await realUnits();
  });
  afterEach(() => host.close());

  test('reading loads no unit', async () => {
    await host.writer.enable([agentUnit('ghost')]);
    const signals: string[] = [];
    await host.writer.start(agentUnit('coder0'));
    host.bus.onSignal(({ member, body }) => /^Unit(New|Removed)$/.test(member) && signals.push(`${member} ${body[0]}`));
    await host.reader.list();
    await host.reader.details([agentUnit('ghost'), agentUnit('nobody'), agentUnit('coder0')]);
    await callManager(host.bus, 'GetUnitFileState', 's', [agentTemplate]);
    expect(signals).toEqual([]);
  });

  test('the invocation is the one that systemd tells, with its link and without', async () => {
    const unit = agentUnit('coder0');
    await host.writer.start(unit);
    const said = await systemctl('show', '-p', 'InvocationID', '--value', unit);
    expect((await host.reader.list())[unit]?.invocation).toBe(said);
    await rm(path.join(runtimeDir, 'systemd/units', `invocation:${unit}`));
    expect((await host.reader.list())[unit]?.invocation).toBe(said);
  });

  test('a unit between two runs has no invocation', async () => {
    const unit = agentUnit('coder0');
    await writeFile(path.join(unitDir, agentTemplate), '[Service]\nExecStart=/bin/false\nRestart=always\nRestartSec=1h\n');
    await host.writer.reload();
    await host.writer.start(unit);
    await expect
      .poll(async () => (await host.reader.list())[unit])
      .toMatchObject({ active: 'activating', sub: 'auto-restart', invocation: '' });
  });

  test('a job whose end nobody tells is judged by its unit', async () => {
    const hasty = unitWriter(async () => host.bus, { runtimeDir, jobDeadline: 100 });
    const slow = '[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/sleep 30\n';
    await writeFile(path.join(unitDir, agentTemplate), slow);
    await host.writer.reload();
    expect(await hasty.start(agentUnit('coder0'))).toBe('lost');
  });

  test('enablement that cannot be taken away is an error', async () => {
    await host.writer.enable([agentUnit('coder0')]);
    await chmod(path.join(unitDir, 'default.target.wants'), 0o555);
    try {
      await expect(host.writer.disable([agentUnit('coder0')])).rejects.toMatchObject({ name: 'PortError' });
    } finally {
      await chmod(path.join(unitDir, 'default.target.wants'), 0o755);
    }
  });

  test('a unit that is none of ours is refused unasked', async () => {
    await expect(host.writer.stop('dbus.service')).rejects.toMatchObject({ kind: 'refused' });
  });
});
