import { describe, expect, test } from 'vitest';
import { markerOf } from '../../src/host/marker.ts';
import type { Desired } from '../../src/model/desired.ts';
import { readEnvironmentFile } from './environment-file.ts';
import { desired, desiredFrom, fileOf, rosterOf, sample, usual } from './sample.ts';

const key = 'fleets/coding.md';
const factsOf = (coder?: string, head?: string): string => fileOf(desired(coder, head), key);
const rows = (text: string): readonly string[] => text.split('\n').filter((line) => /^\| (?!agent)/.test(line));

describe('what agents are told of their fleet', () => {
  test('who is who, orchestrator and enhancers first', () => {
    const head = 'agents:\n  - { name: a, runtime: stub }\n';
    const text = fileOf(desiredFrom(sample({ coding: rosterOf(usual).replace('agents:\n', head) })), key);
    expect(rows(text)).toEqual([
      '| orchestrator | orchestrator | claude |  |',
      '| enhancer | enhancer | claude |  |',
      '| a | worker | stub |  |',
      '| coder0 | implementer | pi |  |',
    ]);
  });

  test.each([
    ['state: stopped', 'at rest'],
    ['lifecycle: ephemeral', 'ends with its work'],
  ])('who is %s is told as one that is %s', (more, remark) => {
    expect(factsOf(`${usual}, ${more}`)).toContain(`| coder0 | implementer | pi | ${remark} |`);
  });

  test('whom the operator talks to, and where', () => {
    expect(factsOf()).toContain('The operator talks to `orchestrator` over the connector `tmux`');
    const solo = 'version: 1\nprofile: minimal\nagents: [{ name: solo, runtime: stub }]\n';
    expect(fileOf(desiredFrom(sample({ solo })), 'fleets/solo.md')).not.toContain('The operator talks to');
  });

  test.each(['send NAME', 'say', 'ps --json', 'explain NAME --json', 'history --json', 'watch NAME', 'logs NAME', 'add'])(
    'that there is muster %s',
    (command) => expect(factsOf()).toContain(`\`muster ${command}`),
  );

  test('carries our mark, and has nothing of what else a roster says', () => {
    const text = factsOf(`${usual}, model_hint: secret-model, working_directory: /srv/secret, env: { A: secret }`);
    expect(markerOf(key, text)).toEqual({ ours: true, format: '1.0' });
    expect(text).not.toContain('secret');
  });

  test('of a fleet of thousands, as much as fits into one argument', () => {
    const many = Array.from({ length: 5000 }, (_, i) => `  - { name: w${'x'.repeat(50)}${i}, runtime: stub }\n`);
    const text = fileOf(desiredFrom(sample({ coding: `${rosterOf(usual)}${many.join('')}` })), key);
    expect(Buffer.byteLength(text)).toBeLessThan(32 * 1024);
    expect(text).toContain('And 4801 more: `muster ps --json`.');
    expect(rows(text).slice(0, 2).join()).toMatch(/orchestrator.*enhancer/);
  });
});

describe('each runtime gets it in its own way', () => {
  const place = '/home/jason/.config/mosaic/fleet/fleets/coding.md';
  const start = (runtime: string, head = ''): string =>
    JSON.stringify(readEnvironmentFile(fileOf(desired(`runtime: ${runtime}, class: implementer`, head), 'agents/coder0.env')));

  // What `{role}` becomes in the pane is tried in test/units.
  test.each(['claude', 'pi'])('%s with its role', (runtime) => expect(start(runtime)).toContain('"{role}"'));
  test.each(['codex', 'opencode'])('%s as a file to read', (runtime) => expect(start(runtime)).toContain(place));

  test('one that a roster declares where its arguments say', () => {
    expect(start('mine', 'runtimes: { mine: { command: mine, args: ["--read={fleet_file}"] } }')).toContain(`--read=${place}`);
  });
});

test('who comes and goes changes the file, and the configuration of nobody else', () => {
  const configs = ({ agents }: Desired) => ['orchestrator', 'enhancer', 'coder0'].map((name) => agents.get(name)?.config);
  const more = desiredFrom(sample({ coding: `${rosterOf(usual)}  - { name: coder1, ${usual} }\n` }));
  expect(more.state.files[key]).not.toBe(desired().state.files[key]);
  expect(configs(more)).toEqual(configs(desired()));
});

test('it is among the files that its agents wait for, and no fleet without agents has one', () => {
  expect(desired().agents.get('coder0')?.files).toContain(key);
  const empty = 'version: 1\nprofile: minimal\nagents: []\n';
  expect(Object.keys(desiredFrom(sample({ empty })).state.files)).toEqual([]);
});
