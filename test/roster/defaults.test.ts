import { describe, expect, test } from 'vitest';
import { agentPath } from '../../src/model/roster.ts';
import { parse } from './sample.ts';

describe('a roster that says little', () => {
  const { roster } = parse('version: 1\nagents:\n  - { name: a, runtime: pi }\n', 'rosters/night-shift.yml');

  test('is called like its file, and belongs everywhere', () => {
    expect(roster).toMatchObject({ fleet: 'night-shift', profile: null, hosts: null, tenant: null, runtimes: {} });
    expect(roster?.tmux).toEqual({ socket: 'mosaic', holderSession: '_holder' });
    expect(roster?.connector).toEqual({ kind: 'tmux', operators: [], settings: {}, declared: false });
  });

  test('has agents with every default', () => {
    expect(roster?.agents).toEqual([
      {
        name: 'a',
        runtime: 'pi',
        class: 'worker',
        persistentPersona: false,
        modelHint: null,
        workingDirectory: null,
        env: {},
        enabled: true,
        state: 'running',
        lifecycle: 'core',
        onChange: 'restart',
        resources: {},
      },
    ]);
  });
});

test('a Mosaic fleet roster is read as it is', () => {
  const { roster, diagnostics } = parse(`version: 1
transport: tmux
tmux:
  socket_name: mosaic-factory
  holder_session: _holder
defaults:
  working_directory: ~/src
runtimes:
  claude:
    command: claude
connector:
  kind: tmux
agents:
  - name: mos
    runtime: claude
    class: orchestrator
    persistent_persona: true
    model_hint: opus
    working_directory: /srv/mos
  - name: coder0
    runtime: codex
`);
  expect(diagnostics).toEqual([]);
  expect(roster).toMatchObject({
    tmux: { socket: 'mosaic-factory' },
    connector: { kind: 'tmux', declared: true },
    agents: [
      { name: 'mos', class: 'orchestrator', persistentPersona: true, modelHint: 'opus', workingDirectory: '/srv/mos' },
      { name: 'coder0', class: 'worker', workingDirectory: '~/src' },
    ],
  });
});

test.each([
  ['state: stopped', false],
  ['lifecycle: ephemeral', false],
  ['enabled: false', false],
  ['on_change: next-start', true],
])('an agent with %s: enabled is %s', (line, enabled) => {
  expect(parse(`version: 1\nagents:\n  - { name: a, runtime: pi, ${line} }`).roster?.agents[0]?.enabled).toBe(enabled);
});

test('a connector keeps the block of its kind as settings', () => {
  const { roster } = parse(`version: 1
connector: { kind: matrix, operators: ["@a:b.c"], matrix: { room_id: "!x:b.c", sync: { limit: 5 } } }
agents: []
`);
  expect(roster?.connector).toEqual({
    kind: 'matrix',
    operators: ['@a:b.c'],
    settings: { room_id: '!x:b.c', sync: { limit: 5 } },
    declared: true,
  });
});

describe('the place of a path', () => {
  const { roster } = parse(
    'version: 1\ntmux: { socket_name: s }\nagents:\n  - name: a\n    runtime: pi\n    env:\n      A: b\n  - { name: b, runtime: pi }\n',
  );
  test.each([
    ['a value', ['tmux', 'socket_name'], 2, 22, 23],
    ['a block, by its key', ['tmux'], 2, 1, 5],
    ['an item, by its first key', agentPath(0), 4, 5, 9],
    ['a value of an item', agentPath(1, 'runtime'), 8, 25, 27],
    ['what is not written, by what it would stand in', agentPath(0, 'env', 'B'), 6, 5, 8],
    ['what is not written in an item', agentPath(1, 'class'), 8, 7, 11],
    ['the roster', [], 1, 1, 8],
    ['nothing that exists', ['connector', 'matrix', 'room_id'], 1, 1, 8],
  ] as const)('%s', (_what, path, line, column, endColumn) => {
    expect(roster?.locate(path)).toEqual({ file: 'rosters/coding.yaml', line, column, endColumn });
  });
});
