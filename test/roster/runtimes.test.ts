import { describe, expect, test } from 'vitest';
import { programOf } from '../../src/roster/runtimes.ts';
import { parse } from './sample.ts';

function program(agent: string, runtimes = '{}') {
  const { roster } = parse(`version: 1\nruntimes: ${runtimes}\nagents:\n  - { name: a, ${agent} }\n`);
  const [first] = roster?.agents ?? [];
  if (!roster || !first) throw new Error('the roster of this test is wrong');
  return programOf(roster, first, '/home/u/roles/worker.md');
}

describe('built-in runtimes', () => {
  test.each([
    ['runtime: claude, model_hint: opus', ['claude', '--model', 'opus', '--append-system-prompt', '{role}']],
    ['runtime: claude', ['claude', '--append-system-prompt', '{role}']],
    ['runtime: claude, persistent_persona: true', ['claude', '--append-system-prompt', '{role}']],
    [
      'runtime: pi, model_hint: "openai-codex/gpt-5.5:high"',
      ['pi', '--model', 'openai-codex/gpt-5.5:high', '--append-system-prompt', '{role}'],
    ],
    ['runtime: opencode, model_hint: a/b', ['opencode', '--model', 'a/b']],
    ['runtime: stub', ['muster', 'stub']],
  ])('%s', (agent, argv) => {
    expect(program(agent)?.argv).toEqual(argv);
  });

  test('codex and opencode are told where the role document is', () => {
    expect(program('runtime: codex')?.argv.at(-1)).toMatch(/^developer_instructions=.*\/home\/u\/roles\/worker\.md/);
    expect(program('runtime: opencode')?.env).toEqual({
      OPENCODE_CONFIG_CONTENT: '{"instructions":["/home/u/roles/worker.md"]}',
    });
  });
});

describe('declared runtimes', () => {
  test('a built-in one with another command and more arguments', () => {
    const declared = '{ claude: { command: /opt/claude, args: [--verbose], env: { A: runtime, B: runtime } } }';
    expect(program('runtime: claude, env: { B: agent }', declared)).toEqual({
      argv: ['/opt/claude', '--append-system-prompt', '{role}', '--verbose'],
      env: { A: 'runtime', B: 'agent' },
    });
  });

  test('a built-in one may keep its command', () => {
    expect(program('runtime: pi', '{ pi: { env: { A: b } } }')?.argv[0]).toBe('pi');
  });

  test('a new one gets just what it says', () => {
    const declared = '{ mine: { command: mine, args: ["--role={role_file}", "{role}", "--model={model}", "a{role}b"] } }';
    expect(program('runtime: mine, model_hint: m', declared)?.argv).toEqual([
      'mine',
      '--role=/home/u/roles/worker.md',
      '{role}',
      '--model=m',
      'a{role}b',
    ]);
  });

  test('nobody declares it', () => {
    expect(program('runtime: constructor')).toBeNull();
  });
});
