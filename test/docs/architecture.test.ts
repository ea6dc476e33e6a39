import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { codeWords, page, rowsBelow } from './page.ts';

const root = new URL('../../', import.meta.url);
const architecture = page('docs/architecture.md');
const map = rowsBelow(architecture, 'Code map').map(([room = '', , imports = '']) => ({
  room: codeWords(room)[0] ?? '',
  imports: imports === 'all' ? 'all' : codeWords(imports),
}));

/** The table of `test/imports.test.ts`, read as text: that file exports nothing. */
const held = new Map(
  [...readFileSync(new URL('test/imports.test.ts', root), 'utf8').matchAll(/^ {2}(\w+): \[([^\]]*)\],$/gm)].map(
    ([, room = '', list = '']) => [room, [...list.matchAll(/'(\w+)'/g)].map((match) => match[1] ?? '')] as const,
  ),
);

describe('docs/architecture.md', () => {
  test('has every room of the house on its map, and no other', () => {
    const rooms = readdirSync(new URL('src', root)).map((name) => name.replace(/\.ts$/, ''));
    expect(map.map(({ room }) => room).toSorted()).toEqual(rooms.toSorted());
  });

  test.each(map)('says of $room what it may import', ({ room, imports }) => {
    const all = map.map((one) => one.room).filter((one) => one !== room);
    expect(imports === 'all' ? all.toSorted() : imports).toEqual(room === 'main' ? held.get(room)?.toSorted() : held.get(room));
  });

  test('names only files that are there', () => {
    const named = codeWords(architecture.text).filter((word) => /^(?:src|test|units|rosters)\/[\w./@-]*$/.test(word));
    expect(named.length).toBeGreaterThan(15);
    expect(named.filter((path) => !existsSync(new URL(path, root)))).toEqual([]);
  });
});
