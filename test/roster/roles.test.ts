import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const library = new URL('../../rosters/roles/', import.meta.url);

describe.each(readdirSync(library))('the role document %s', (file) => {
  const text = readFileSync(new URL(file, library), 'utf8');

  test('says what to do, what not to do, with whom, and until when', () => {
    const titles = [...text.matchAll(/^## (.+)$/gm)].map((match) => match[1]);
    expect(titles).toEqual(expect.arrayContaining(['Mandate', 'Boundaries', 'Working with the others', 'Done']));
  });

  test('names other agents so that tmux takes no other one whose name begins alike', () => {
    const targets = [...text.matchAll(/ -t (\S+)/g)].map((match) => match[1]?.replace(/`.*$/, ''));
    expect(targets.filter((target) => target !== '=NAME:')).toEqual([]);
  });
});
