import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { environmentLine } from '../../src/desired/quote.ts';
import { startRoleOf } from '../../src/host/marker.ts';
import { environmentFile } from '../../src/model/names.ts';
import { readEnvironmentFile } from './environment-file.ts';
import { desired, fileOf, rosterOf, sample, usual } from './sample.ts';

const environmentOf = (coder?: string, head?: string) =>
  readEnvironmentFile(fileOf(desired(coder, head), environmentFile('coder0')));

describe("an agent's environment file", () => {
  test('says all that its supervisor has to know', () => {
    const made = desired(
      `${usual}, model_hint: "openai-codex/gpt-5.5:high", working_directory: ~/src, env: { EDITOR: vi, A: "1" }`,
    );
    expect(readEnvironmentFile(fileOf(made, environmentFile('coder0')))).toEqual({
      MOSAIC_AGENT: 'coder0',
      MOSAIC_FLEET: 'coding',
      MOSAIC_CLASS: 'implementer',
      MOSAIC_RUNTIME: 'pi',
      MOSAIC_LIFECYCLE: 'core',
      MOSAIC_PERSONA: 'fresh',
      MOSAIC_MODEL_HINT: 'openai-codex/gpt-5.5:high',
      MOSAIC_WORKDIR: '~/src',
      MOSAIC_ROLE_FILE: '/home/jason/.config/mosaic/fleet/roles/coder.md',
      MOSAIC_ROLE_DIGEST: made.agents.get('coder0')?.role,
      MOSAIC_CONFIG: made.agents.get('coder0')?.config,
      MOSAIC_ARGC: '7',
      MOSAIC_ARG0: 'pi',
      MOSAIC_ARG1: '--model',
      MOSAIC_ARG2: 'openai-codex/gpt-5.5:high',
      MOSAIC_ARG3: '--session-dir',
      MOSAIC_ARG4: '{conversations}',
      MOSAIC_ARG5: '--append-system-prompt',
      MOSAIC_ARG6: '{role}',
      MOSAIC_ENV: 'A EDITOR',
      MOSAIC_ENV_A: '1',
      MOSAIC_ENV_EDITOR: 'vi',
    });
  });

  test('leaves empty what its roster does not say', () => {
    expect(environmentOf()).toMatchObject({ MOSAIC_MODEL_HINT: '', MOSAIC_WORKDIR: '', MOSAIC_ENV: '' });
    expect(readEnvironmentFile(fileOf(desired(), environmentFile('orchestrator')))).toMatchObject({
      MOSAIC_PERSONA: 'persistent',
    });
  });

  test('says where the conversation of a persistent persona is, and how it is gone on with', () => {
    expect(environmentOf('runtime: claude, persistent_persona: true')).toMatchObject({
      MOSAIC_RESUME_VARIABLE: 'CLAUDE_CONFIG_DIR',
      MOSAIC_RESUME_DIRECTORY: '.claude',
      MOSAIC_RESUME_TRANSCRIPTS: 'projects/{directory}/*.jsonl',
      MOSAIC_RESUME_MARK: '"customTitle":"muster-coder0"',
      MOSAIC_RESUME_ARGC: '7',
      MOSAIC_RESUME_ARG0: 'claude',
      MOSAIC_RESUME_ARG1: '--resume',
      MOSAIC_RESUME_ARG2: '{session}',
    });
    expect(environmentOf('runtime: claude')).not.toHaveProperty('MOSAIC_RESUME_ARGC');
  });

  test('tells a reader what it starts, and no other file does', () => {
    const text = fileOf(desired(), environmentFile('orchestrator'));
    expect(startRoleOf(environmentFile('orchestrator'), text)).toEqual({ role: { fleet: 'coding', class: 'orchestrator' } });
    expect(startRoleOf('roles/coder.md', text)).toEqual({});
    expect(startRoleOf(environmentFile('orchestrator'), '# muster format_version=1.0\n')).toEqual({});
  });

  test('is for the tenant alone, and carries the mark of muster', () => {
    const { text, mode } = desired().files.get(environmentFile('coder0')) ?? {};
    expect({ mode, marked: text?.split('\n')[0] }).toEqual({
      mode: 0o600,
      marked: expect.stringContaining('# muster format_version=1.0'),
    });
    expect(text?.endsWith('"\n')).toBe(true);
  });

  test.each([
    ['a double quote', 'say "hi"'],
    ['a single quote', "it's"],
    ['backslashes', 'C:\\new\\'],
    ['a dollar and a backtick', '$HOME `id` $(id) $0'],
    ['blanks at both ends', '  two  '],
    ['what begins a comment', '#; no comment'],
    ['an assignment', 'A=b=c'],
    ['a percent sign', '%h %%'],
    ['other scripts', 'żółć 日本 🦀 עברית'],
    ['nothing', ''],
  ])('brings %s through to the program', (_, value) => {
    expect(environmentOf(`${usual}, env: { VALUE: ${JSON.stringify(value)} }`).MOSAIC_ENV_VALUE).toBe(value);
    const args = `runtimes: { own: { command: own, args: [${JSON.stringify(value)}] } }`;
    expect(environmentOf('runtime: own', args).MOSAIC_ARG1).toBe(value);
  });

  test('says the same whatever the order in which its variables were written', () => {
    const [one, other] = ['{ A: "1", B: "2" }', '{ B: "2", A: "1" }'].map((env) => desired(`${usual}, env: ${env}`));
    expect(one && fileOf(one, environmentFile('coder0'))).toBe(other && fileOf(other, environmentFile('coder0')));
  });
});

/** Texts that a roster may hold: no control characters, which its schema refuses, nor what systemd has no place for. */
const rosterText = fc
  .oneof(
    fc.string({ unit: 'binary', maxLength: 30 }),
    fc.string({ unit: fc.constantFrom('"', "'", '\\', '$', '`', ' ', '#', ';', '=', '%', 'n', '\\\\', 'é'), maxLength: 20 }),
  )
  .filter((text) => !/[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}\uFEFF]/u.test(text));

test('systemd reads back what was written, whatever it is', () => {
  fc.assert(
    fc.property(fc.array(rosterText, { maxLength: 5 }), (values) => {
      const text = values.map((value, i) => `${environmentLine(`V${i}`, value)}\n`).join('');
      expect(readEnvironmentFile(text)).toEqual(Object.fromEntries(values.map((value, i) => [`V${i}`, value])));
    }),
    { numRuns: 2000, seed: 11 },
  );
});

test.each([
  ['a byte order mark', '\\uFEFF'],
  ['a noncharacter', '\\uFDD0'],
  ['a noncharacter beyond the basic plane', '\\U0001FFFE'],
  ['a line break', '\\n'],
  ['NUL', '\\0'],
])('a roster with %s in a value is refused: systemd would read none of the file', (_, written) => {
  expect(() => sample({ coding: rosterOf(`${usual}, env: { VALUE: "a${written}b" }`) })).toThrow(/roster\//);
});
