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

  test('Woodpecker runs everything for a tag, and nothing for documentation alone', () => {
    const { when } = parse(files.find(({ sections }) => sections.includes('Woodpecker'))?.text ?? '') as {
      when: { event: string | string[]; path?: { exclude?: string[]; include?: string[] } }[];
    };
    const [tag, change] = when;
    expect(tag).toEqual({ event: 'tag' });
    expect(change?.path?.include).toBeUndefined();
    expect(change?.path?.exclude).toEqual(expect.arrayContaining(['docs/**', '**/*.md']));
  });

  test('its formats are those of plan', async () => {
    const named = rowsBelow(ci, 'In CI').flatMap(([first]) => /--format (\w+)/.exec(codeWords(first ?? '')[0] ?? '')?.[1] ?? []);
    const { stderr } = await muster(['plan', '--format', 'none'], tmpdir());
    for (const format of named) expect(stderr).toContain(format);
    expect(named).toEqual(['github', 'markdown', 'json']);
  });
});
