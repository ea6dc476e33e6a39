import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fileWriter } from '../../src/host/file-writer.ts';
import { fileReader } from '../../src/host/files.ts';
import type { HostRoots } from '../../src/host/roots.ts';
import { digestOfText } from '../../src/model/digest.ts';
import { agentTemplate, agentUnit, holderUnit } from '../../src/model/names.ts';
import { newestChangeReader } from '../../src/systemd/newest-change.ts';
import { type Recaller, readingAnew, remembering } from '../../src/systemd/recall.ts';
import { unitFilesReader } from '../../src/systemd/unit-files.ts';
import { filesContract } from './files.contract.ts';

let home: string;
let roots: HostRoots;
const at = (...names: readonly string[]): string => path.join(home, ...names);
const unit = (name: string): string => path.join(roots.unitDir, name);

const template = '[X-Muster]\nOwner=muster\nFormatVersion=1.0\n\n[Install]\nWantedBy=default.target\n';
const environment = '# muster format_version=1.0\nMOSAIC_CLASS="worker"\n';
const record = (letter: string): string =>
  JSON.stringify({
    format_version: '1.0',
    invocation: letter.repeat(32),
    config: digestOfText(letter),
    units: digestOfText('units'),
    fleet: 'coding',
    class: 'worker',
    session: '$3',
  });

beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'remembering-'));
  roots = { unitDir: at('user'), fleetDir: at('fleet'), runtimeDir: at('run'), stateDir: at('state') };
  put(unit(agentTemplate), template);
  put(unit(holderUnit), template);
  put(unit(`${agentUnit('coder0')}.d/muster.conf`), template);
  mkdirSync(unit('default.target.wants'));
  symlinkSync(unit(agentTemplate), unit(`default.target.wants/${agentUnit('coder0')}`));
  put(at('fleet/agents/coder0.env'), environment);
  put(at('fleet/bin/muster'), '#!/bin/sh\n# muster format_version=1.0\n');
  put(at('run/mosaic/agents/coder0/started.json'), record('a'));
  put(at('run/mosaic/holder/started.json'), record('b'));
  put(at('state/completed/job.json'), record('c'));
});
afterEach(() => rmSync(home, { recursive: true }));

function put(file: string, text: string): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** All that is remembered of a disk. */
function lookerWith(recaller: Recaller) {
  const files = fileReader(roots, recaller);
  const unitFiles = unitFilesReader(recaller);
  const newest = newestChangeReader(recaller);
  const unitPath = [`${roots.unitDir}.control`, at('transient'), roots.unitDir, at('vendor')];
  return async () => {
    const found = unitFiles(unitPath, roots.runtimeDir);
    const names = [...new Set([...found.named, holderUnit, agentUnit('coder0'), agentUnit('coder1')])].sort();
    return {
      files: await files.list(['bin/muster', 'roles/worker.md']),
      records: await files.records(),
      completed: await files.completed(),
      named: [...found.named].sort(),
      foreign: [...found.foreign],
      enablement: names.map((name) => [name, found.of(name)]),
      newest: newest(unitPath),
    };
  };
}

/** Remembers at once. Changes are then told apart by the kernel's clock alone, so each is made in a tick of its own. */
const trusting: Recaller = () => remembering(() => Date.now() + 60_000);

function nextTick(): void {
  const probe = at('probe');
  writeFileSync(probe, '');
  const before = statSync(probe).ctimeMs;
  while (statSync(probe).ctimeMs === before) writeFileSync(probe, '');
}

const changes: Readonly<Record<string, () => void>> = {
  nothing: () => {},
  'an environment file written anew': () => writeFileSync(at('fleet/agents/coder0.env'), `${environment}MORE="1"\n`),
  'another text of the same size': () => writeFileSync(at('fleet/agents/coder0.env'), environment.replace('worker', 'weaver')),
  'the same, its time set back': () => {
    const file = at('fleet/agents/coder0.env');
    const { atime, mtime } = statSync(file);
    writeFileSync(file, environment.replace('worker', 'weaver'));
    utimesSync(file, atime, mtime);
  },
  'touched back by hand': () => {
    writeFileSync(at('fleet/bin/muster'), '#!/bin/sh\n# muster format_version=2.0\n');
    execFileSync('touch', ['-d', '2020-01-01', at('fleet/bin/muster')]);
  },
  'another mode': () => chmodSync(at('fleet/bin/muster'), 0o755),
  'another file renamed over it': () => {
    writeFileSync(at('draft'), environment.replace('worker', 'weaver'));
    renameSync(at('draft'), at('fleet/agents/coder0.env'));
  },
  'a link that points elsewhere': () => {
    writeFileSync(at('elsewhere'), environment.replace('worker', 'weaver'));
    unlinkSync(at('fleet/agents/coder0.env'));
    symlinkSync(at('elsewhere'), at('fleet/agents/coder0.env'));
  },
  'another name of an older file in its place': () => {
    linkSync(at('fleet/bin/muster'), at('other'));
    renameSync(at('other'), at('fleet/agents/coder0.env'));
  },
  'a whole directory in the place of another': () => {
    put(at('agents.new/coder1.env'), environment);
    renameSync(at('fleet/agents'), at('agents.old'));
    renameSync(at('agents.new'), at('fleet/agents'));
  },
  'an environment file removed': () => unlinkSync(at('fleet/agents/coder0.env')),
  'an environment file more': () => writeFileSync(at('fleet/agents/coder1.env'), environment),
  'no environment files any more': () => rmSync(at('fleet/agents'), { recursive: true }),
  'a role that was not there': () => put(at('fleet/roles/worker.md'), '# Worker\n'),
  'a start record of another run': () => writeFileSync(at('run/mosaic/agents/coder0/started.json'), record('d')),
  'a start record that is none': () => truncateSync(at('run/mosaic/agents/coder0/started.json'), 20),
  'a run that is over': () => rmSync(at('run/mosaic/agents/coder0'), { recursive: true }),
  'a run more': () => put(at('run/mosaic/agents/coder1/started.json'), record('e')),
  'a completed job more': () => put(at('state/completed/other.json'), record('f')),
  'a completed job anew': () => writeFileSync(at('state/completed/job.json'), record('g')),
  'an agent enabled': () => symlinkSync(unit(agentTemplate), unit(`default.target.wants/${agentUnit('coder1')}`)),
  'an agent disabled': () => unlinkSync(unit(`default.target.wants/${agentUnit('coder0')}`)),
  'enablement gone as a whole': () => rmSync(unit('default.target.wants'), { recursive: true }),
  'enabled by another target': () => {
    mkdirSync(unit('other.target.requires'));
    symlinkSync(unit(agentTemplate), unit(`other.target.requires/${agentUnit('coder1')}`));
  },
  'links behind a link': () => {
    mkdirSync(at('links'));
    symlinkSync(unit(agentTemplate), at(`links/${agentUnit('coder1')}`));
    symlinkSync(at('links'), unit('more.target.wants'));
  },
  'a mask': () => symlinkSync('/dev/null', unit(agentUnit('coder0'))),
  'a mask for this boot': () => {
    mkdirSync(at('transient'));
    symlinkSync('/dev/null', at('transient', agentUnit('coder0')));
  },
  'an empty unit file, which masks': () => truncateSync(unit(holderUnit), 0),
  'a unit file that cannot be enabled any more': () =>
    writeFileSync(unit(holderUnit), template.replace('[Install]', '[Isntall]')),
  'a unit file of an instance': () => writeFileSync(unit(agentUnit('coder1')), template),
  'a foreign unit file of our name': () => put(at('vendor', holderUnit), '[Service]\n'),
  'a drop-in changed': () => writeFileSync(unit(`${agentUnit('coder0')}.d/muster.conf`), template.replace('1.0', '2.0')),
  'a drop-in of somebody': () => writeFileSync(unit(`${agentUnit('coder0')}.d/local.conf`), '[Service]\nNice=5\n'),
  'a drop-in removed': () => rmSync(unit(`${agentUnit('coder0')}.d`), { recursive: true }),
  'no units at all': () => rmSync(roots.unitDir, { recursive: true }),
};

test.each(Object.keys(changes))('after %s what is remembered is what is there', async (change) => {
  nextTick();
  const remembered = lookerWith(trusting);
  const before = await remembered();
  expect(await remembered()).toEqual(before);
  nextTick();
  changes[change]?.();
  nextTick();
  const there = await lookerWith(readingAnew)();
  expect(await remembered()).toEqual(there);
  expect(await remembered()).toEqual(there);
  expect(JSON.stringify(there) === JSON.stringify(before)).toBe(change === 'nothing');
});

describe('files, remembered', () =>
  filesContract(async () => {
    const disk = mkdtempSync(path.join(tmpdir(), 'remembered-'));
    const own = { unitDir: `${disk}/units`, fleetDir: `${disk}/fleet`, runtimeDir: `${disk}/run`, stateDir: `${disk}/state` };
    return {
      reader: fileReader(own, remembering),
      writer: fileWriter(own),
      close: async () => rmSync(disk, { recursive: true }),
    };
  }));
