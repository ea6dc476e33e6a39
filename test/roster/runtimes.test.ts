import { describe, expect, test } from 'vitest';
import { programOf } from '../../src/roster/runtimes.ts';
import { parse } from './sample.ts';

function program(agent: string, runtimes = '{}') {
  const { roster } = parse(`version: 1\nruntimes: ${runtimes}\nagents:\n  - { name: a, ${agent} }\n`);
  const [first] = roster?.agents ?? [];
  if (!roster || !first) throw new Error('the roster of this test is wrong');
  return programOf(roster, first, { role: '/home/u/roles/worker.md', fleet: '/home/u/fleets/test.md' });
}

describe('built-in runtimes', () => {
  test.each([
    ['runtime: claude, model_hint: opus', ['claude', '--model', 'opus', '--append-system-prompt', '{role}']],
    ['runtime: claude', ['claude', '--append-system-prompt', '{role}']],
    ['runtime: claude, persistent_persona: true', ['claude', '--name', 'muster-a', '--append-system-prompt', '{role}']],
    [
      'runtime: pi, model_hint: "openai-codex/gpt-5.5:high"',
      ['pi', '--model', 'openai-codex/gpt-5.5:high', '--session-dir', '{conversations}', '--append-system-prompt', '{role}'],
    ],
    [
      'runtime: pi, persistent_persona: true',
      ['pi', '--session-dir', '{conversations}', '--continue', '--append-system-prompt', '{role}'],
    ],
    ['runtime: opencode, model_hint: a/b', ['opencode', '--model', 'a/b']],
    ['runtime: opencode, persistent_persona: true', ['opencode', '--continue']],
    ['runtime: stub', ['muster', 'stub']],
  ])('%s', (agent, argv) => {
    expect(program(agent)?.argv).toEqual(argv);
  });

  test('codex and opencode are told where the role document is', () => {
    expect(program('runtime: codex')?.argv.at(-1)).toMatch(/^developer_instructions=.*\/home\/u\/roles\/worker\.md/);
    expect(program('runtime: opencode')?.env).toEqual({
      OPENCODE_CONFIG_CONTENT: '{"instructions":["/home/u/roles/worker.md","/home/u/fleets/test.md"]}',
    });
  });
});

describe('a persistent persona goes on with its conversation', () => {
  const persistent = (runtime: string, runtimes?: string) => program(`runtime: ${runtime}, persistent_persona: true`, runtimes);

  test('claude and codex with the newest that bears its mark: its name is said in every conversation of it', () => {
    const claude = persistent('claude');
    expect(claude?.resume).toEqual({
      variable: 'CLAUDE_CONFIG_DIR',
      directory: '.claude',
      transcripts: 'projects/{directory}/*.jsonl',
      mark: '"customTitle":"muster-a"',
      argv: ['claude', '--resume', '{session}', '--name', 'muster-a', '--append-system-prompt', '{role}'],
    });
    const codex = persistent('codex');
    expect(codex?.resume?.argv.slice(0, 3)).toEqual(['codex', 'resume', '{session}']);
    expect(codex?.argv.at(-1)).toContain(`developer_instructions=${codex?.resume?.mark}`);
  });

  test('opencode in a database of its own, unless the roster names another', () => {
    expect(persistent('opencode')?.env.OPENCODE_DB).toBe('muster-a.db');
    expect(persistent('opencode', '{ opencode: { env: { OPENCODE_DB: mine.db } } }')?.env.OPENCODE_DB).toBe('mine.db');
    expect(persistent('opencode')?.resume).toBeNull();
  });

  test('with the command and the arguments that a roster adds', () => {
    const declared = '{ claude: { command: /opt/claude, args: [--verbose] } }';
    expect(persistent('claude', declared)?.resume?.argv).toEqual([
      '/opt/claude',
      '--resume',
      '{session}',
      '--name',
      'muster-a',
      '--append-system-prompt',
      '{role}',
      '--verbose',
    ]);
  });

  test.each(['claude', 'codex', 'pi', 'opencode'])('a fresh %s begins anew', (runtime) => {
    const fresh = program(`runtime: ${runtime}`);
    expect(fresh?.resume).toBeNull();
    expect(fresh?.argv).not.toContain('--continue');
  });

  test('one of a declared runtime begins anew: nothing is known of its conversations', () => {
    expect(persistent('mine', '{ mine: { command: mine } }')?.resume).toBeNull();
  });
});

describe('declared runtimes', () => {
  test('a built-in one with another command and more arguments', () => {
    const declared = '{ claude: { command: /opt/claude, args: [--verbose], env: { A: runtime, B: runtime } } }';
    expect(program('runtime: claude, env: { B: agent }', declared)).toEqual({
      argv: ['/opt/claude', '--append-system-prompt', '{role}', '--verbose'],
      env: { A: 'runtime', B: 'agent' },
      resume: null,
    });
  });

  test('a built-in one may keep its command', () => {
    expect(program('runtime: pi', '{ pi: { env: { A: b } } }')?.argv[0]).toBe('pi');
  });

  test('a new one gets just what it says', () => {
    const declared =
      '{ mine: { command: mine, args: ["--role={role_file}", "{role}", "--read={fleet_file}", "--model={model}", "a{role}b"] } }';
    expect(program('runtime: mine, model_hint: m', declared)?.argv).toEqual([
      'mine',
      '--role=/home/u/roles/worker.md',
      '{role}',
      '--read=/home/u/fleets/test.md',
      '--model=m',
      'a{role}b',
    ]);
  });

  test('one that is like a built-in one gets nothing of its arguments, only the mark to know it by', () => {
    const declared = '{ mine: { command: claude-in-a-box, args: [--box], env: { A: b }, like: claude } }';
    expect(program('runtime: mine, persistent_persona: true, env: { MOSAIC_RUNTIME_LIKE: pi }', declared)).toEqual({
      argv: ['claude-in-a-box', '--box'],
      env: { A: 'b', MOSAIC_RUNTIME_LIKE: 'claude' },
      resume: null,
    });
    expect(program('runtime: mine', '{ mine: { command: mine } }')?.env).toEqual({});
  });

  test.each([
    ['like: cloude', 'roster/value', 'did you mean `claude`?'],
    ['like: mine', 'roster/value', undefined],
    ['like: [claude]', 'roster/value', undefined],
    ['lik: claude', 'roster/unknown-key', 'did you mean `like`?'],
  ])('one that is %s', (more, code, hint) => {
    const { diagnostics } = parse(`version: 1\nruntimes: { mine: { command: mine, ${more} } }\nagents: []\n`);
    expect(diagnostics).toMatchObject([{ severity: 'error', code, ...(hint === undefined ? {} : { hint }) }]);
  });

  test('nobody declares it', () => {
    expect(program('runtime: constructor')).toBeNull();
  });
});
