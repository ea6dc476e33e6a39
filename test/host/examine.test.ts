import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { programReader } from '../../src/host/examine/commands.ts';
import { mend } from '../../src/host/examine/fix.ts';
import { machineReader } from '../../src/host/examine/machine.ts';
import { placeReader } from '../../src/host/examine/places.ts';
import { fileReader } from '../../src/host/files.ts';
import type { HostFacts } from '../../src/model/observation.ts';
import type { JobResult } from '../../src/model/ports.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'examined-'));
});
afterEach(() => rmSync(home, { recursive: true }));

const roots = () => ({
  unitDir: `${home}/.config/systemd/user`,
  fleetDir: `${home}/.config/mosaic/fleet`,
  runtimeDir: `${home}/run`,
  stateDir: `${home}/state`,
});
const facts = (): HostFacts => ({
  host: 'h',
  tenant: 'jason',
  home,
  mosaicHome: `${home}/.config/mosaic`,
  stateDir: `${home}/state`,
  launcher: ['/usr/bin/node', `${home}/main.js`],
});
const uid = process.getuid?.() ?? 0;

function program(name: string, text: string): string {
  const file = path.join(home, name);
  writeFileSync(file, text, { mode: 0o755 });
  return file;
}

describe('programs', () => {
  const reader = (deadline = 5000) => programReader({ PATH: process.env.PATH }, fileReader(roots()), deadline);

  test.each([
    ['#!/usr/bin/env node\n', 'node'],
    ['#!/usr/bin/env -S node --no-warnings\n', 'node'],
    ['#! /usr/bin/env A=b python3\n', 'python3'],
    ['#!/bin/sh\n', null],
    ['\x7fELF', null],
    ['', null],
    ['#!', null],
  ])('%j needs %s', async (text, needed) => {
    expect(await reader().interpreter(program('tool', text))).toBe(needed);
  });

  test('say their version on the first line, made safe to show', async () => {
    const file = program('tool', '#!/bin/sh\nprintf "1.2 \\033[31m(Tool)\\nmore\\n"\n');
    expect(await reader().ask(file, ['--version'])).toBe('1.2 \\x1b[31m(Tool)');
  });

  test('that hang are given up, and do not stay', async () => {
    const file = program('tool', '#!/bin/sh\nexec sleep 60\n');
    await expect(reader(50).ask(file, ['--version'])).rejects.toMatchObject({ kind: 'timeout' });
  });

  test.each([
    ['that fail', '#!/bin/sh\nexit 3\n', /status 3/],
    ['that cannot be run', '#!/nowhere\n', /./],
  ])('%s say nothing', async (_, text, why) => {
    await expect(reader().ask(program('tool', text), [])).rejects.toThrow(why);
  });

  test.each([
    ['echo "No journal files were found." >&2', { readable: false, why: 'No journal files were found' }],
    ['echo "Hint: You are currently not seeing messages from other users" >&2; echo "a line"', { readable: true, why: '' }],
    [
      'echo "No journal files were opened due to insufficient permissions." >&2; exit 1',
      { readable: false, why: 'No journal files were opened due to insufficient permissions' },
    ],
    ['exit 5', { readable: false, why: 'journalctl ended with status 5' }],
  ])('a journal of which journalctl says %j', async (says, told) => {
    program('journalctl', `#!/bin/sh\n${says}\n`);
    const journal = programReader({ PATH: `${home}:${process.env.PATH}` }, fileReader(roots()), 5000).journal();
    expect(await journal).toEqual(told);
  });
});

describe('places', () => {
  const reader = () => placeReader(roots(), facts(), uid, home);
  const found = async (place: string) => (await reader().guarded()).find((one) => one.path === place);
  const make = (place: string, mode: number): string => {
    mkdirSync(path.dirname(place), { recursive: true });
    writeFileSync(place, '');
    chmodSync(place, mode);
    return place;
  };

  test('an environment may be read by nobody else', async () => {
    const file = make(`${roots().fleetDir}/agents/coder0.env`, 0o644);
    expect(await found(file)).toEqual({ path: file, owner: uid, mode: 0o644, forbidden: 0o077 });
  });

  test('what is started may be read by all', async () => {
    const file = make(`${roots().fleetDir}/bin/muster`, 0o755);
    expect(await found(file)).toMatchObject({ mode: 0o755 });
    expect(0o755 & ((await found(file))?.forbidden ?? 0)).toBe(0);
  });

  test('links are for whoever made them', async () => {
    make(`${roots().fleetDir}/agents/coder0.env`, 0o600);
    const link = `${roots().fleetDir}/agents/link.env`;
    symlinkSync('/etc/passwd', link);
    expect(await found(link)).toBeUndefined();
  });

  test('a host without anything has room for it', async () => {
    const spaces = await reader().space();
    // No runtime directory: there is none to have room in.
    expect(spaces.map(({ name, path: place, writable }) => [name, place, writable])).toEqual([
      ['state', home, true],
      ['files', home, true],
    ]);
    expect(spaces.every(({ free }) => free > 0)).toBe(true);
  });
});

describe('the machine', () => {
  const reader = (env: Readonly<Record<string, string>>, runtimeDir = home) =>
    machineReader({
      facts: facts(),
      env: { PATH: home, ...env },
      uid,
      runtimeDir,
      now: () => new Date(1000),
      managerCgroup: () => Promise.reject(new Error('no bus')),
      deadline: 5000,
    });

  test('a variable that is empty is not set', async () => {
    const session = await reader({ XDG_RUNTIME_DIR: '' }, '/nowhere').session();
    expect(session).toMatchObject({ variable: null, directory: '/nowhere', owner: null, user: 'jason', uid });
  });

  test('a runtime directory belongs to somebody', async () => {
    expect(await reader({ XDG_RUNTIME_DIR: home }).session()).toMatchObject({ variable: home, owner: uid });
  });

  test.each([
    ['yes', true],
    ['no', false],
    ['', null],
  ])('timedatectl says %j', async (says, synchronised) => {
    program('timedatectl', `#!/bin/sh\necho ${says}\n`);
    writeFileSync(`${home}/main.js`, '');
    const clock = await reader({}).clock();
    expect(clock).toMatchObject({ now: 1000, notBefore: statSync(`${home}/main.js`).mtimeMs });
    // Where a time service says so itself, nobody else is asked.
    if (clock.synchronised !== true) expect(clock.synchronised).toBe(synchronised);
  });

  test('limits are numbers, or none', async () => {
    const { files, inotifyWatches, tasks } = await reader({}).limits();
    expect(files === null || files > 0).toBe(true);
    expect(inotifyWatches === null || inotifyWatches > 0).toBe(true);
    expect(tasks).toBeNull();
  });
});

describe('mending', () => {
  const mending = (result: JobResult, linger: string[] = []) => ({
    linger: { enable: async () => void linger.push('enabled') },
    service: { start: async () => result },
    deadline: 1000,
  });

  test('takes bits away, and gives none', async () => {
    const file = path.join(home, 'a.env');
    writeFileSync(file, '');
    chmodSync(file, 0o654);
    const fix = { verb: 'chmod', targets: [file], without: 0o055 } as const;
    await mend(fix, mending('done'));
    await mend(fix, mending('done'));
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test('leaves a link alone that took the place of a file', async () => {
    writeFileSync(`${home}/other`, '', { mode: 0o644 });
    symlinkSync(`${home}/other`, `${home}/a.env`);
    await expect(mend({ verb: 'chmod', targets: [`${home}/a.env`], without: 0o055 }, mending('done'))).rejects.toMatchObject({
      kind: 'refused',
    });
    expect(statSync(`${home}/other`).mode & 0o777).toBe(0o644);
  });

  test('asks for lingering, and says how a start ended', async () => {
    const linger: string[] = [];
    await mend({ verb: 'linger', targets: ['jason'] }, mending('done', linger));
    expect(linger).toEqual(['enabled']);
    const start = { verb: 'start', targets: ['mosaic-controller.service'] } as const;
    await expect(mend(start, mending('failed'))).rejects.toThrow('its job ended as "failed"');
    await expect(mend(start, mending('done'))).resolves.toBeUndefined();
  });
});
