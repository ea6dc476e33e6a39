import { describe, expect, test } from 'vitest';
import { plain, styleFor } from '../../src/views/style.ts';
import { cellsOf } from '../../src/views/terminal-text.ts';
import { chosenAfter, perPage, tilingOf } from '../../src/views/tiles.ts';
import { type Frame, noPan, panned, renderOnce, renderTiles, renderWatched, type Watched } from '../../src/views/watch.ts';

const frame = (lines: readonly string[], more: Partial<Frame> = {}): Frame => ({
  width: 200,
  height: 50,
  cursor: null,
  text: `${[...lines, ...Array.from({ length: 50 - lines.length }, () => '')].join('\n')}\n`,
  ...more,
});

const watched = (name: string, lines: readonly string[] = ['hello']): Watched => ({
  name,
  frame: frame(lines),
  activity: { state: 'idle', source: 'pane', at: null, detail: '' },
  note: '',
});

const fleet = (count: number): Watched[] => Array.from({ length: count }, (_, index) => watched(`agent${index}`));

describe('tiles', () => {
  test.each([
    [1, 80, 23, 1, 1],
    [2, 80, 23, 1, 2],
    [2, 200, 49, 1, 2],
    [4, 120, 39, 2, 2],
    [6, 80, 23, 2, 3],
    [20, 80, 23, 2, 3],
    [20, 250, 69, 4, 5],
    [3, 10, 2, 1, 1],
  ])('%d on %d by %d cells are %d across, %d down', (count, columns, rows, across, down) => {
    const tiling = tilingOf(count, columns, rows);
    expect(tiling).toMatchObject({ across, down });
    expect(tiling.across * (tiling.width + 1) - 1).toBeLessThanOrEqual(columns);
    expect(tiling.down * tiling.height).toBeLessThanOrEqual(rows);
  });

  test.each([1, 2, 7, 20, 100])('of %d agents each has a place on some page', (count) => {
    const all = fleet(count);
    const tiling = tilingOf(count, 80, 23);
    const seen = new Set<string>();
    for (let chosen = 0; chosen < count; chosen += perPage(tiling)) {
      const lines = renderTiles(all, chosen, tiling, 80, 24, false, plain);
      expect(lines).toHaveLength(24);
      for (const line of lines) expect(cellsOf(line)[0]?.length ?? 0).toBeLessThanOrEqual(80);
      for (const name of lines.join('\n').match(/agent\d+/g) ?? []) seen.add(name);
    }
    expect(seen.size).toBe(count);
  });

  test.each([
    ['tab', 0, 1],
    ['tab', 19, 0],
    ['down', 0, 2],
    ['left', 0, 0],
    ['page-down', 3, 9],
    ['page-down', 17, 19],
    ['end', 0, 19],
    ['other', 4, 4],
  ])('%s from %d chooses %d', (key, from, to) => {
    expect(chosenAfter(key, from, 20, tilingOf(20, 80, 23))).toBe(to);
  });

  test('the last line tells of pages and how to leave', () => {
    const all = fleet(20);
    const [last] = renderTiles(all, 7, tilingOf(20, 80, 23), 120, 24, false, plain).slice(-1);
    expect(last).toMatch(/^20 agents, page 2 of 4\. .* q or Ctrl-C leaves$/);
  });
});

describe('one terminal', () => {
  const tall = watched(
    'coder0',
    Array.from({ length: 50 }, (_, index) => `${index} ${'x'.repeat(150)}`),
  );

  test('its end is seen, cut to the screen, under it how to leave', () => {
    const lines = renderWatched(tall, noPan, 80, 24, false, plain);
    expect(lines).toHaveLength(24);
    expect([lines[0]?.slice(0, 3), lines[22]?.slice(0, 3)]).toEqual(['27 ', '49 ']);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
    expect(lines[23]).toContain('q');
  });

  test.each([
    [['home'], { row: 0, column: 0 }],
    [['up'], { row: 26, column: 0 }],
    [['up', 'down'], noPan],
    [['right', 'right', 'left'], { row: null, column: 8 }],
    [['page-up', 'page-up', 'page-up'], { row: 0, column: 0 }],
    [['home', 'end'], noPan],
  ])('%j looks at %j', (keys, expected) => {
    expect(keys.reduce((pan, key) => panned(pan, key, tall.frame ?? frame([]), 80, 23), noPan)).toEqual(expected);
  });

  test('what a program writes cannot end the line that says how to leave', () => {
    const evil = { ...watched('coder0', ['\x1b[2J\x1b[31mred\x1b]0;title\x07']), note: 'a\x1b[2Jb' };
    const text = renderWatched(evil, noPan, 80, 10, true, styleFor(true)).join('\n');
    for (const sequence of ['\x1b[2J', '\x1b]', '\x07']) expect(text).not.toContain(sequence);
    expect(text).toContain('\x1b[0;31mred');
  });

  test('on paper it is its text without blank ends', () => {
    expect(renderOnce(watched('coder0', ['a \x1b[1mb  ', '', 'c']), false)).toBe('a b\n\nc\n');
    expect(renderOnce(watched('coder0', ['a']), true)).toBe('== coder0: idle ==\na\n');
  });
});
