import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fileWriter } from '../../src/host/file-writer.ts';
import { fileReader } from '../../src/host/files.ts';
import type { HostRoots } from '../../src/host/roots.ts';
import { digestOfFile, digestOfText } from '../../src/model/digest.ts';
import { agentUnit, connectorUnit, holderUnit } from '../../src/model/names.ts';
import { filesContract } from './files.contract.ts';

let directory: string;
let roots: HostRoots;

async function makeRoots(): Promise<void> {
  directory = await mkdtemp(path.join(tmpdir(), 'files-'));
  roots = {
    unitDir: path.join(directory, '.config/systemd/user'),
    fleetDir: path.join(directory, '.config/mosaic/fleet'),
    runtimeDir: path.join(directory, 'run'),
    stateDir: path.join(directory, 'state'),
  };
}
const removeRoots = () => rm(directory, { recursive: true });

describe('files on a disk', () =>
  filesContract(async () => {
    await makeRoots();
    return { reader: fileReader(roots), writer: fileWriter(roots), close: removeRoots };
  }));

describe('what only a disk has', () => {
  beforeEach(makeRoots);
  afterEach(removeRoots);

  const reader = () => fileReader(roots);
  const writer = () => fileWriter(roots);
  const write = (key: string, text: string, mode = 0o644) => writer().write(key, { text, mode });
  const modeOf = async (file: string) => ((await stat(file)).mode & 0o7777).toString(8);

  test('modes are as asked, whatever the umask; our directories are for their owner alone', async () => {
    const before = process.umask(0o077);
    try {
      await write('bin/muster', '#!/bin/sh\n', 0o755);
    } finally {
      process.umask(before);
    }
    await write('agents/coder0.env', '', 0o600);
    expect(await modeOf(path.join(roots.fleetDir, 'bin/muster'))).toBe('755');
    expect(await modeOf(path.join(roots.fleetDir, 'agents/coder0.env'))).toBe('600');
    expect(await modeOf(path.join(roots.fleetDir, 'agents'))).toBe('700');
    expect(await modeOf(roots.fleetDir)).toBe('700');
  });

  test('a file that is replaced gets its mode, and leaves nothing beside it', async () => {
    await write('agents/coder0.env', 'old', 0o644);
    await write('agents/coder0.env', 'new', 0o600);
    expect(await readFile(path.join(roots.fleetDir, 'agents/coder0.env'), 'utf8')).toBe('new');
    expect(await modeOf(path.join(roots.fleetDir, 'agents/coder0.env'))).toBe('600');
    expect(await readdir(path.join(roots.fleetDir, 'agents'))).toEqual(['coder0.env']);
  });

  test('who reads while it is replaced sees the old file or the new one', async () => {
    const [old, fresh] = ['o'.repeat(200_000), 'n'.repeat(100_000)];
    await write('roles/coder.md', old);
    const seen = new Set<string | undefined>();
    let over = false;
    const writing = (async () => {
      for (let round = 0; round < 20; round += 1) await write('roles/coder.md', round % 2 === 0 ? fresh : old);
      over = true;
    })();
    while (!over) {
      seen.add((await reader().list(['roles/coder.md']))['roles/coder.md']?.digest);
      await setImmediate();
    }
    await writing;
    expect(seen.size).toBeGreaterThan(0);
    expect([...seen].filter((digest) => digest !== digestOfFile(old, 0o644) && digest !== digestOfFile(fresh, 0o644))).toEqual(
      [],
    );
  });

  test('many writes at once all come about', async () => {
    const keys = Array.from({ length: 50 }, (_, index) => `agents/a${index}.env`);
    await Promise.all(keys.map((key) => write(key, key)));
    expect(Object.keys(await reader().list([])).sort()).toEqual([...keys].sort());
  });

  test('a failed write leaves the old file and nothing beside it', async () => {
    await mkdir(path.join(roots.fleetDir, 'agents/coder0.env/kept'), { recursive: true });
    await expect(write('agents/coder0.env', 'new')).rejects.toMatchObject({
      name: 'PortError',
      message: expect.stringMatching(/coder0\.env/),
    });
    expect(await readdir(path.join(roots.fleetDir, 'agents'))).toEqual(['coder0.env']);
    expect(await readdir(path.join(roots.fleetDir, 'agents/coder0.env'))).toEqual(['kept']);
  });

  test('a link in the place of a file is replaced, not followed', async () => {
    const outside = path.join(directory, 'outside');
    await writeFile(outside, 'untouched');
    await mkdir(path.join(roots.fleetDir, 'agents'), { recursive: true });
    await symlink(outside, path.join(roots.fleetDir, 'agents/coder0.env'));
    await write('agents/coder0.env', 'ours');
    expect(await readFile(outside, 'utf8')).toBe('untouched');
    expect((await lstat(path.join(roots.fleetDir, 'agents/coder0.env'))).isFile()).toBe(true);
  });

  test('a directory that is a link out of its root is refused', async () => {
    const outside = path.join(directory, 'outside');
    await mkdir(outside);
    await writeFile(path.join(outside, 'coder0.env'), 'untouched');
    await mkdir(roots.fleetDir, { recursive: true });
    await symlink(outside, path.join(roots.fleetDir, 'agents'));
    await expect(write('agents/coder0.env', 'x')).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('leaves'),
    });
    await expect(writer().remove('agents/coder0.env')).rejects.toMatchObject({ kind: 'refused' });
    expect(await readdir(outside)).toEqual(['coder0.env']);
    expect(await readFile(path.join(outside, 'coder0.env'), 'utf8')).toBe('untouched');
  });

  test('the root itself may be a link', async () => {
    const elsewhere = path.join(directory, 'dotfiles');
    await mkdir(elsewhere);
    await mkdir(path.dirname(roots.fleetDir), { recursive: true });
    await symlink(elsewhere, roots.fleetDir);
    await write('agents/coder0.env', 'x');
    expect(await readFile(path.join(elsewhere, 'agents/coder0.env'), 'utf8')).toBe('x');
  });

  test('a mask is neither written over nor removed', async () => {
    await mkdir(roots.unitDir, { recursive: true });
    const template = path.join(roots.unitDir, 'mosaic-agent@.service');
    await symlink('/dev/null', template);
    await expect(write('units/mosaic-agent@.service', 'x')).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('masked'),
    });
    await expect(writer().remove('units/mosaic-agent@.service')).rejects.toMatchObject({ kind: 'refused' });
    expect((await lstat(template)).isSymbolicLink()).toBe(true);
  });

  test('a mask is told as one', async () => {
    await mkdir(roots.unitDir, { recursive: true });
    await symlink('/dev/null', path.join(roots.unitDir, 'mosaic-tmux-holder.service'));
    await writeFile(path.join(roots.unitDir, 'mosaic-agent@.service'), '');
    await write('agents/coder0.env', '');
    expect(await reader().list([])).toMatchObject({
      'units/mosaic-tmux-holder.service': { ours: false, masked: true },
      'units/mosaic-agent@.service': { ours: false, masked: true },
    });
    expect((await reader().list([]))['agents/coder0.env']).not.toHaveProperty('masked');
  });

  test('a drop-in directory goes with its last file, and stays with the files of others', async () => {
    await write('units/mosaic-agent@coder0.service.d/muster.conf', 'x');
    await write('units/mosaic-agent@coder1.service.d/muster.conf', 'x');
    await writeFile(path.join(roots.unitDir, 'mosaic-agent@coder1.service.d/mine.conf'), 'x');
    await writer().remove('units/mosaic-agent@coder0.service.d/muster.conf');
    await writer().remove('units/mosaic-agent@coder1.service.d/muster.conf');
    expect(await readdir(roots.unitDir)).toEqual(['mosaic-agent@coder1.service.d']);
    expect(await readdir(path.join(roots.unitDir, 'mosaic-agent@coder1.service.d'))).toEqual(['mine.conf']);
  });

  test('what is not ours by name is not listed', async () => {
    for (const name of ['coder0.env.bak', 'Coder.env', '.coder0.env.a1b2', '-x.env', 'notes.txt']) {
      await mkdir(path.join(roots.fleetDir, 'agents'), { recursive: true });
      await writeFile(path.join(roots.fleetDir, 'agents', name), 'x');
    }
    await mkdir(path.join(roots.unitDir, 'mosaic-agent@coder0.service.d'), { recursive: true });
    for (const name of ['other.service', 'mosaic-agent@coder0.service', 'mosaic-agent@coder0.service.d/mine.conf']) {
      await writeFile(path.join(roots.unitDir, name), 'x');
    }
    expect(await reader().list([])).toEqual({});
  });

  test('what is no regular file is there, empty and not ours', async () => {
    await mkdir(path.join(roots.fleetDir, 'agents/coder0.env'), { recursive: true });
    await symlink('/dev/zero', path.join(roots.fleetDir, 'agents/coder1.env'));
    const empty = { digest: expect.stringMatching(/^sha256:/), ours: false };
    expect(await reader().list([])).toEqual({ 'agents/coder0.env': empty, 'agents/coder1.env': empty });
  });

  describe('records of what units were started with', () => {
    const digest = digestOfText('x');
    const record = {
      format_version: '1.0',
      invocation: '0123456789abcdef0123456789abcdef',
      config: digest,
      units: digest,
      fleet: 'coding',
      class: 'implementer',
      session: '$3',
    };
    const { format_version: _, ...read } = record;
    const put = async (where: string, content: string) => {
      const file = path.join(roots.runtimeDir, 'mosaic', where, 'started.json');
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, content);
    };

    test('agents have one each, the holder has the socket', async () => {
      await put('agents/coder0', JSON.stringify(record));
      await put('holder', JSON.stringify({ ...record, socket: '/tmp/tmux-1000/mosaic' }));
      expect(await reader().records()).toEqual({
        [agentUnit('coder0')]: read,
        [holderUnit]: { ...read, socket: '/tmp/tmux-1000/mosaic' },
      });
    });

    test.each([
      ['empty', ''],
      ['cut short', JSON.stringify(record).slice(0, -10)],
      ['no object', '[]'],
      ['null', 'null'],
      ['of a newer format', JSON.stringify({ ...record, format_version: '2.0' })],
      ['without a digest', JSON.stringify({ ...record, config: 'coding' })],
      ['without an invocation', JSON.stringify({ ...record, invocation: undefined })],
    ])('one that is %s is none', async (_what, content) => {
      await put('agents/coder0', content);
      await put('agents/coder1', JSON.stringify(record));
      expect(Object.keys(await reader().records())).toEqual([agentUnit('coder1')]);
    });

    test('how a run ended is read as its unit wrote it down', async () => {
      const put = async (name: string, content: object) => {
        await mkdir(path.join(roots.runtimeDir, 'mosaic/ended'), { recursive: true });
        await writeFile(path.join(roots.runtimeDir, 'mosaic/ended', `${name}.json`), JSON.stringify(content));
      };
      const end = {
        format_version: '1.0',
        invocation: 'a',
        result: 'exit-code',
        code: 'exited',
        status: '7',
        uptime: 1,
        next: 'b',
      };
      await put('exited', end);
      await put('killed', { ...end, result: 'oom-kill', code: 'killed', status: 'KILL', next: '' });
      await put('unheard', { ...end, code: '', status: '' });
      await put('newer', { ...end, format_version: '2.0' });
      await put('half', { format_version: '1.0', invocation: 'a' });
      const at = expect.stringMatching(/^\d{4}-.*Z$/);
      expect(await reader().ends(['exited', 'killed', 'unheard', 'newer', 'half', 'absent', '../ended/exited'])).toEqual({
        exited: { invocation: 'a', next: 'b', result: 'exit-code', exit: { how: 'exited', status: 7 }, at },
        killed: { invocation: 'a', next: '', result: 'oom-kill', exit: { how: 'killed', status: 9 }, at },
        unheard: { invocation: 'a', next: 'b', result: 'exit-code', at },
      });
    });

    test('an agent that completed is known by its configuration', async () => {
      await mkdir(path.join(roots.stateDir, 'completed'), { recursive: true });
      const put = (name: string, content: unknown) =>
        writeFile(path.join(roots.stateDir, 'completed', name), JSON.stringify(content));
      await put('job.json', { format_version: '1.0', config: digest });
      await put('other.json', { format_version: '1.0', config: 7 });
      await put('.job.json.tmp', { format_version: '1.0', config: digest });
      expect(await reader().completed()).toEqual({ job: digest });
    });

    test('a connector is known by what it runs with, and by what it tells of itself', async () => {
      const put = async (fleet: string, name: string, content: unknown) => {
        const folder = path.join(roots.runtimeDir, 'mosaic', 'connectors', fleet);
        await mkdir(folder, { recursive: true });
        await writeFile(path.join(folder, name), JSON.stringify(content));
      };
      const problem = { reason: 'unreachable', blocking: true, detail: 'nobody answers', remedy: 'look' };
      const report = (healthy: boolean) => ({
        at: new Date().toISOString(),
        healthy,
        problems: healthy ? [] : [problem],
        connector: { phase: 'live', lastContact: null, lastInbound: null },
        inbound: { waiting: 1 },
        outbound: { waiting: 2 },
      });
      const told = (invocation: string, healthy: boolean, at = new Date()) => ({
        format_version: '1.0',
        invocation,
        at: at.toISOString(),
        kind: 'tmux',
        report: report(healthy),
      });
      await put('coding', 'started.json', { format_version: '1.0', invocation: 'a', config: digest, kind: 'tmux' });
      await put('coding', 'health.json', told('a', true));
      await put('research', 'health.json', told('b', false, new Date(Date.now() - 60_000)));
      await put('odd', 'started.json', { format_version: '1.0', invocation: 'a', config: 'no', kind: 'tmux' });
      await put('odd', 'health.json', { ...told('c', true), report: {} });
      await put('newer', 'health.json', { ...told('c', true), format_version: '2.0' });
      expect(await reader().records()).toEqual({
        [connectorUnit('coding')]: {
          invocation: 'a',
          config: digest,
          units: digest,
          fleet: '',
          class: '',
          session: '',
          kind: 'tmux',
        },
      });
      const waiting = { inbound: 1, outbound: 2 };
      expect(await reader().connectors()).toEqual({
        coding: { invocation: 'a', kind: 'tmux', fresh: true, healthy: true, problems: [], waiting },
        research: { invocation: 'b', kind: 'tmux', fresh: false, healthy: false, problems: [problem], waiting },
      });
    });

    test('before anything was started there are none', async () => {
      expect(await reader().connectors()).toEqual({});
      expect(await reader().records()).toEqual({});
      expect(await reader().completed()).toEqual({});
    });
  });

  test('programs are found as a unit would find them', async () => {
    const [first, second] = [path.join(directory, 'first'), path.join(directory, 'second')];
    for (const folder of [first, second]) await mkdir(folder);
    await writeFile(path.join(second, 'pi'), '', { mode: 0o755 });
    await writeFile(path.join(first, 'pi'), '', { mode: 0o644 });
    await mkdir(path.join(first, 'claude'));
    await chmod(path.join(first, 'claude'), 0o755);
    const searchPath = `:.:relative:${first}:${second}`;
    const ask = (command: string) => ({ command, path: searchPath });
    const asked = {
      plain: ask('pi'),
      again: ask('pi'),
      elsewhere: { command: 'pi', path: first },
      directory: ask('claude'),
      absent: ask('codex'),
      absolute: ask(path.join(second, 'pi')),
      'absolute, no program': ask(path.join(first, 'pi')),
      relative: ask('./pi'),
    };
    expect(await reader().find(asked)).toEqual({
      plain: path.join(second, 'pi'),
      again: path.join(second, 'pi'),
      elsewhere: null,
      directory: null,
      absent: null,
      absolute: path.join(second, 'pi'),
      'absolute, no program': null,
      relative: null,
    });
  });
});
