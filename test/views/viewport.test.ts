import { expect, test } from 'vitest';
import { scrolled, viewport } from '../../src/views/viewport.ts';

const lines = Array.from({ length: 10 }, (_, index) => String(index));

test.each([
  [0, 3, 0, ['0', '1', '2']],
  [9, 3, 7, ['7', '8', '9']],
  [-4, 3, 0, ['0', '1', '2']],
  [2, 20, 0, lines],
  [Number.MAX_SAFE_INTEGER, 1, 9, ['9']],
])('from line %d, %d rows: from %d', (from, rows, first, seen) => {
  expect(viewport(lines, from, rows)).toEqual({ from: first, lines: seen });
});

test.each([
  ['up', 4],
  ['down', 6],
  ['page-up', 2],
  ['page-down', 8],
  ['home', 0],
  ['end', Number.MAX_SAFE_INTEGER],
  ['tab', 5],
])('%s from line 5 goes to %d', (key, to) => {
  expect(scrolled(5, key, 3)).toBe(to);
});
