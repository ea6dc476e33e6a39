import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { diagnosticCodes } from '../../src/model/diagnostic.ts';
import { commit, folder, git, repository, write } from '../git/repositories.ts';
import { muster } from './command-line.ts';
import { type Block, page, sectionText } from './page.ts';

const diagnostics = page('docs/diagnostics.md');
const entries = [...diagnostics.text.matchAll(/^### `(.+)`$/gm)].map((match) => match[1] ?? '');

const blocksOf = (code: string, language: string): readonly Block[] =>
  diagnostics.blocks.filter((block) => block.language === language && block.sections.at(-1) === `\`${code}\``);

const roster = 'version: 1\nprofile: minimal\nagents:\n  - { name: scratch, runtime: pi }\n';

describe('docs/diagnostics.md', () => {
  test('has an entry for every code, and for no other', () => {
    expect(entries.toSorted()).toEqual(diagnosticCodes.toSorted());
  });

  test.each(entries)('says of %s what it means', (code) => {
    expect(sectionText(diagnostics.text, `\`${code}\``).trim()).toMatch(/^[\w`].{10}/);
  });

  test.each(entries.filter((code) => blocksOf(code, 'yaml').length > 0))(
    'shows what is said to the roster of %s',
    async (code) => {
      const root = folder();
      mkdirSync(join(root, 'rosters'));
      writeFileSync(join(root, 'rosters/coding.yaml'), blocksOf(code, 'yaml')[0]?.text ?? '');
      const { stderr } = await muster(['validate', '--worktree'], root);
      const said = stderr
        .trimEnd()
        .split('\n\n')
        .filter((finding) => finding.split(' ')[0]?.endsWith(`[${code}]`));
      expect(said).toEqual([blocksOf(code, 'text')[0]?.text.trimEnd()]);
    },
  );

  test.each(['git/not-a-repository', 'git/no-commit', 'git/unknown-revision', 'git/no-rosters'])(
    'shows what is said to %s',
    async (code) => {
      const { root, args } = situations[code]?.() ?? { root: '', args: [] };
      const { stderr, status } = await muster(['validate', ...args], root);
      const here = stderr.replaceAll(root, code === 'git/no-rosters' ? '/home/jason/fleet' : '/home/jason');
      expect(here.replace(/ at [0-9a-f]{12}$/m, ' at 0123456789ab')).toBe(blocksOf(code, 'text')[0]?.text);
      expect(status).toBe(1);
    },
  );

  test.each([
    ['snapshot/format', ['plan', '--observed', 'host.json']],
    ['plan/format', ['apply', '--plan', 'fleet.plan']],
  ])('shows what is said to %s', async (code, args) => {
    const root = repository({ 'rosters/fleet.yaml': roster, 'fleet.plan': '[]' });
    const { stderr, status } = await muster(args, root);
    expect(stderr.replaceAll(root, '/home/jason/fleet')).toBe(blocksOf(code, 'text')[0]?.text);
    expect(status).toBe(1);
  });
});

const situations: Readonly<Record<string, () => { readonly root: string; readonly args: readonly string[] }>> = {
  'git/not-a-repository': () => ({ root: folder(), args: [] }),
  'git/no-commit': () => {
    const root = folder();
    git(root, 'init', '--quiet', '--initial-branch=main');
    return { root, args: [] };
  },
  'git/unknown-revision': () => ({ root: repository({ 'rosters/fleet.yaml': roster }), args: ['--ref', 'mian'] }),
  'git/no-rosters': () => {
    const root = repository({ 'rosters/fleet.yaml': roster });
    git(root, 'rm', '--quiet', '-r', 'rosters');
    write(root, { 'README.md': 'Nothing here\n' });
    commit(root);
    return { root, args: [] };
  },
};
