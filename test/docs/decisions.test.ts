import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { codeWords, page, pageNames, rowsBelow, sectionText } from './page.ts';

const names = pageNames().filter((name) => name.startsWith('docs/decisions/'));

describe('docs/decisions/', () => {
  test('is numbered without gaps', () => {
    expect(names.map((name) => Number(/\/(\d{4})-[a-z0-9-]+\.md$/.exec(name)?.[1]))).toEqual(names.map((_, index) => index + 1));
  });

  test.each(names)('%s has a title of its number, context, decision and consequences', (name) => {
    const { text } = page(name);
    expect(text).toMatch(new RegExp(`^# ${Number(name.slice('docs/decisions/'.length).slice(0, 4))}\\. \\S`));
    for (const title of ['Context', 'Decision', 'Consequences']) expect(sectionText(text, title).trim()).not.toBe('');
  });

  test('gives a reason for every package, and for no other', () => {
    const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as Record<string, object>;
    const packages = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies });
    const reasons = rowsBelow(page('docs/decisions/0001-dependencies.md'), 'Decision').flatMap(([first]) =>
      codeWords(first ?? ''),
    );
    expect(reasons.toSorted()).toEqual(packages.toSorted());
  });

  test('every package has one version', () => {
    const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
      devDependencies: Record<string, string>;
    };
    const loose = Object.entries(manifest.devDependencies).filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version));
    // Its versions follow those of Node: the oldest that is supported.
    expect(loose).toEqual([['@types/node', '20']]);
  });
});
