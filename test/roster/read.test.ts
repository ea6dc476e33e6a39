import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readRosterSet, roleOf } from '../../src/roster/read.ts';
import { readRole, roleName } from '../../src/roster/role-document.ts';
import { validateRoster } from '../../src/roster/validator.ts';
import { rosterWith, shipped, yamlReader } from './sample.ts';

describe('a revision', () => {
  const set = readRosterSet(
    {
      rosters: [
        { file: 'rosters/a.yaml', text: rosterWith() },
        { file: 'rosters/b.yaml', text: 'version: 1\nagents: 3\n' },
        { file: 'rosters/c.yaml', text: `version: 1\n# ghp_${'a1'.repeat(18)}\nagents: []\n` },
      ],
      roles: [{ file: 'rosters/roles/coder.md', text: '---\nclasses: [painter]\n---\nOurs.' }],
      diagnostics: [{ severity: 'warning', code: 'git/odd-path', summary: 'odd' }],
    },
    { coder: '---\nclasses: [implementer]\n---\nTheirs.', worker: 'Shipped.' },
    validateRoster,
    yamlReader,
  );

  test('gives the rosters that are right, and all findings', () => {
    expect(set.rosters.map((roster) => roster.fleet)).toEqual(['a', 'c']);
    expect(set.diagnostics.map((finding) => finding.code)).toEqual(['git/odd-path', 'roster/type']);
  });

  test('keeps every text for frames, without what looks like a credential', () => {
    expect([...set.sources.keys()]).toEqual(['rosters/a.yaml', 'rosters/b.yaml', 'rosters/c.yaml']);
    expect(set.sources.get('rosters/c.yaml')).toBe(`version: 1\n# ${'*'.repeat(40)}\nagents: []\n`);
  });

  test('has its own role documents over the shipped ones', () => {
    expect(roleOf(set.roles, 'coder')?.text).toContain('Ours.');
    expect(roleOf(set.roles, 'painter')?.name).toBe('coder');
    expect(roleOf(set.roles, 'implementer')).toBeNull();
    expect(roleOf(set.roles, 'worker')?.text).toBe('Shipped.');
    expect(roleOf(set.roles, 'constructor')).toBeNull();
  });
});

describe('a role document serves', () => {
  test.each([
    ['no front matter', '# Painter\nclasses: [a]', ['painter']],
    ['a list in brackets', '---\nclasses: [a, "b"]\n---\n', ['painter', 'a', 'b']],
    ['a list of lines', '---\nclasses:\n  - a\n  - b\n---\n', ['painter', 'a', 'b']],
    ['Windows line ends', '---\r\nclasses: [a]\r\n---\r\n', ['painter', 'a']],
    ['itself, and the same twice', '---\nclasses: [painter, a, a]\n---\n', ['painter', 'a']],
    ['names that are none', '---\nclasses: [A, "../b", c]\n---\n', ['painter', 'c']],
  ])('%s', (_what, text, classes) => {
    expect(readRole('painter', text)).toEqual({ name: 'painter', classes, text });
  });
});

describe('the role library', () => {
  const files = readdirSync(shipped('roles'));
  const roles = files.map((file) => readRole(roleName(file), readFileSync(shipped(`roles/${file}`), 'utf8')));

  test('serves every class of the presets and the usual ones, each by one document', () => {
    const served = roles.flatMap((role) => role.classes);
    expect(new Set(served).size).toBe(served.length);
    const usual = [
      'orchestrator',
      'enhancer',
      'implementer',
      'reviewer',
      'security-review',
      'researcher',
      'analyst',
      'board',
      'operations',
      'worker',
    ];
    for (const each of usual) expect(served).toContain(each);
  });

  test.each(roles)('$name says its mandate, its boundaries, how it works with others, and when it is done', ({ text }) => {
    for (const heading of ['Mandate', 'Boundaries', 'Working with the others', 'Done'])
      expect(text).toContain(`\n## ${heading}\n`);
    expect(Buffer.byteLength(text)).toBeLessThan(16 * 1024); // goes into one argument
  });

  test('the enhancer stays out of delivery, the orchestrator delegates', () => {
    const text = (name: string): string => roles.find((role) => role.name === name)?.text ?? '';
    for (const limit of ['write no product code', 'review no code', 'no delivery work'])
      expect(text('enhancer')).toContain(limit);
    expect(text('orchestrator')).toContain('single point of contact');
  });
});
