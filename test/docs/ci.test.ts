import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { muster } from './command-line.ts';
import { codeWords, page, rowsBelow } from './page.ts';

const ci = page('docs/ci.md');
const files = ci.blocks.filter(({ language }) => language === 'yaml');

describe('docs/ci.md', () => {
  test.each(files)('the file under $sections is YAML and says where it goes', ({ text }) => {
    expect(text).toMatch(/^# \.[\w./-]+\.ya?ml\n/);
    expect(parse(text)).toBeTypeOf('object');
  });

  test.each([
    ['GitHub Actions', 'github'],
    ['Woodpecker', 'woodpecker'],
    ['GitLab', 'gitlab'],
  ])('the file under %s is the one that ships', (section, name) => {
    const shipped = readFileSync(new URL(`../../rosters/ci/${name}.yaml`, import.meta.url), 'utf8');
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };
    expect(files.find(({ sections }) => sections.at(-1) === section)?.text).toBe(
      shipped.replaceAll('@VERSION@', version).replaceAll('@BRANCH@', 'main'),
    );
  });

  test('tells every input of the action', () => {
    const action = readFileSync(new URL('../../.github/actions/plan/action.yml', import.meta.url), 'utf8');
    const inputs = Object.keys((parse(action) as { inputs: object }).inputs);
    expect(rowsBelow(ci, 'Inputs of the action').map(([first]) => codeWords(first ?? '')[0])).toEqual(inputs);
  });

  test('Woodpecker runs everything for a tag, and nothing for documentation alone', () => {
    const { when } = parse(files.find(({ sections }) => sections.includes('Woodpecker'))?.text ?? '') as {
      when: { event: string; path?: { exclude?: string[]; include?: string[] } }[];
    };
    const [tag, ...changes] = when;
    expect(tag).toEqual({ event: 'tag' });
    expect(changes.map(({ event }) => event)).toEqual(['pull_request', 'push']);
    for (const { path } of changes) {
      expect(path?.include).toBeUndefined();
      // Role documents are markdown, too.
      expect(path?.exclude).toEqual(['docs/**', '*.md', 'LICENSE']);
    }
  });

  test('its formats are those of plan', async () => {
    const named = rowsBelow(ci, 'In CI').flatMap(([first]) => /--format (\w+)/.exec(codeWords(first ?? '')[0] ?? '')?.[1] ?? []);
    const { stderr } = await muster(['plan', '--format', 'none'], tmpdir());
    for (const format of named) expect(stderr).toContain(format);
    expect(named).toEqual(['github', 'markdown', 'json']);
  });
});
