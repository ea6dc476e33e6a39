import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';
import { page, pageNames } from './page.ts';

const root = new URL('../../', import.meta.url).pathname;

/** As GitHub, GitLab and Gitea make them: lower case, marks dropped, blanks to dashes. */
const anchorOf = (title: string): string =>
  title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-');

const anchorsOf = (file: string): readonly string[] =>
  [...page(file).text.matchAll(/^#+ (.*)$/gm)].map((match) => anchorOf(match[1] ?? ''));

describe('documentation', () => {
  test.each(pageNames())('%s links to what is there', (file) => {
    const text = page(file)
      .text.replace(/^```[\s\S]*?^```$/gm, '')
      .replace(/`[^`\n]*`/g, '');
    const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? '').filter((link) => !/^[a-z]+:/.test(link));
    const broken = links.filter((link) => {
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? file : normalize(join(dirname(file), path));
      if (!existsSync(join(root, target))) return true;
      return anchor !== undefined && !anchorsOf(target).includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  test.each(pageNames())('%s can be reached from the README', (file) => {
    const seen = new Set<string>();
    const visit = (from: string): void => {
      if (seen.has(from) || !from.endsWith('.md')) return;
      seen.add(from);
      for (const [, link = ''] of page(from).text.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)) {
        if (/^[a-z]+:/.test(link)) continue;
        const target = normalize(join(dirname(from), link));
        for (const each of target.endsWith('/') ? pageNames().filter((name) => name.startsWith(target)) : [target]) {
          if (existsSync(join(root, each))) visit(each);
        }
      }
    };
    visit('README.md');
    expect([...seen]).toContain(file);
  });
});
