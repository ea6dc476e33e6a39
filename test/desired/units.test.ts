import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { shellWord, unitText } from '../../src/desired/quote.ts';
import { markerOf } from '../../src/host/marker.ts';
import { agentDropIn, environmentFile, fleetFile, roleFile } from '../../src/model/names.ts';
import { folder } from '../git/repositories.ts';
import { desired, desiredFrom, fileOf, rosterOf, sample, usual } from './sample.ts';

const fleetDir = '/home/jason/.config/mosaic/fleet';
const shared = ['bin/mosaic-agent-run', 'bin/muster', 'units/mosaic-agent@.service', 'units/mosaic-tmux-holder.service'];

describe('what agents share', () => {
  const made = desired();

  test.each(shared)('%s has no placeholder left, and is marked as ours', (key) => {
    const text = fileOf(made, key);
    expect(text).not.toMatch(/@[A-Z_]+@/);
    expect(markerOf(key, text)).toEqual({ ours: true, format: '1.0' });
  });

  test('unit files name the files beside them, and what they are', () => {
    const agent = fileOf(made, 'units/mosaic-agent@.service');
    expect(agent).toContain(`\nEnvironmentFile=-${fleetDir}/agents/%i.env\n`);
    expect(agent).toContain(`\nExecStart="${fleetDir}/bin/mosaic-agent-run" agent %i\n`);
    expect(agent).toContain(`\nEnvironment=MOSAIC_UNITS=${made.units}\n`);
    expect(fileOf(made, 'units/mosaic-tmux-holder.service')).toContain(
      `\nExecStart="${fleetDir}/bin/mosaic-agent-run" holder "mosaic" "_holder" "${made.holder}"\n`,
    );
  });

  test('the holder has the socket and the session of the rosters', () => {
    const other = desired(usual, 'tmux: { socket_name: other, holder_session: keeper }');
    expect(other.tmux).toEqual({ socket: 'other', holderSession: 'keeper' });
    expect(fileOf(other, 'units/mosaic-tmux-holder.service')).toContain(' holder "other" "keeper" "');
  });

  test('a home with blanks, quotes, dollars and percent signs stays one word in unit files', () => {
    const home = '/srv/a "b" 100% c\\d';
    const text = fileOf(desired(usual, '', { mosaicHome: home }), 'units/mosaic-agent@.service');
    expect(text).toContain('ExecStart="/srv/a \\"b\\" 100%% c\\\\d/fleet/bin/mosaic-agent-run" agent %i');
  });

  test('programs can be run, files of agents are for the tenant', () => {
    const modes = Object.fromEntries([...made.files].map(([key, { mode }]) => [key, mode.toString(8)]));
    expect(modes).toMatchObject({
      'bin/mosaic-agent-run': '755',
      'bin/muster': '755',
      'units/mosaic-agent@.service': '644',
      'agents/coder0.env': '600',
      'roles/coder.md': '644',
    });
  });
});

test.each([
  ['plain', 'plain'],
  ['50%', '50%%'],
  ['a"b', 'a\\"b'],
  ['a\\b', 'a\\\\b'],
  ['%h\\"', '%%h\\\\\\"'],
])('within double quotes of a unit file %j is %j', (text, quoted) => {
  expect(unitText(text)).toBe(quoted);
});

describe('the launcher', () => {
  test('starts this very program with every argument as it was given', () => {
    const dir = join(folder(), 'it\'s $(a) `place` "here" \\');
    mkdirSync(dir);
    const entry = join(dir, 'main.sh');
    writeFileSync(entry, 'printf "%s|" "$@"\n');
    const launcher = join(dir, 'muster');
    writeFileSync(launcher, fileOf(desired(usual, '', { launcher: ['/bin/sh', entry] }), 'bin/muster'));
    chmodSync(launcher, 0o755);
    expect(execFileSync(launcher, ['stub', 'two words', '$HOME', "'", ''], { encoding: 'utf8' })).toBe(
      "stub|two words|$HOME|'||",
    );
  });

  test.each(['', 'a b', "'", "''", '$x`y`\\', '-n'])('%j is one word of a shell', (word) => {
    expect(execFileSync('/bin/sh', ['-c', `printf '%s|' ${shellWord(word)}`], { encoding: 'utf8' })).toBe(`${word}|`);
  });
});

describe('a drop-in', () => {
  const dropIn = (coder: string): string | undefined => desired(coder).files.get(agentDropIn('coder0'))?.text;

  test('is there only where the unit differs from its template', () => {
    expect(dropIn(usual)).toBeUndefined();
    expect(Object.keys(desired().state.files).filter((key) => key.includes('.d/'))).toEqual([]);
  });

  test.each([
    ['lifecycle: ephemeral', ['Restart=on-failure']],
    ['resources: { memory_max: 4G }', ['MemoryMax=4G']],
    ['resources: { cpu_weight: 50 }', ['CPUWeight=50']],
    ['resources: { tasks_max: 512 }', ['TasksMax=512']],
    [
      'lifecycle: ephemeral, resources: { tasks_max: 512, cpu_weight: 50, memory_max: 512M }',
      ['Restart=on-failure', 'MemoryMax=512M', 'CPUWeight=50', 'TasksMax=512'],
    ],
  ])('of %s sets %j and no more', (more, settings) => {
    const text = dropIn(`${usual}, ${more}`) ?? '';
    expect(text.split('[Service]\n')[1]?.trim().split('\n')).toEqual(settings);
    expect(markerOf(agentDropIn('coder0'), text)).toEqual({ ours: true, format: '1.0' });
  });

  test('is among the files that an agent waits for, whether it has one or not', () => {
    const files = [environmentFile('coder0'), roleFile('coder'), fleetFile('coding'), agentDropIn('coder0')];
    expect(desired().agents.get('coder0')?.files).toEqual(files);
  });
});

test('a role document goes to the host once, for all agents of its classes, as it is in the library, with our mark at its end', () => {
  const given = sample({
    coding: rosterOf('runtime: pi, class: researcher').concat('  - { name: analyst, runtime: pi, class: analyst }\n'),
  });
  const made = desiredFrom(given);
  expect([...made.files.keys()].filter((key) => key.startsWith('roles/'))).toEqual([
    'roles/orchestrator.md',
    'roles/enhancer.md',
    'roles/research.md',
  ]);
  const text = given.roles.research?.text ?? '';
  expect(fileOf(made, 'roles/research.md')).toBe(
    `${text.trimEnd()}\n\n<!-- muster format_version=1.0; written by muster, edits are overwritten -->\n`,
  );
});
