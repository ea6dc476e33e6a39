import { expect, test } from 'vitest';
import { collect, documentOf, indexIn } from '../../src/model/section.ts';

const found: Readonly<Record<string, number>> = { a: 1, c: 0, e: 5 };

test('what has no value is left out, and nothing else', () => {
  expect(collect(['a', 'b', 'c', 'e'], (key) => found[key])).toEqual({ keys: ['a', 'c', 'e'], values: [1, 0, 5] });
});

test('a section is the document that it was made of', () => {
  expect(documentOf(collect(Object.keys(found), (key) => found[key]))).toEqual(found);
});

test.each([
  ['a', 0],
  ['c', 1],
  ['e', 2],
  ['', -1],
  ['b', -1],
  ['f', -1],
])('%j stands at %i', (key, index) => {
  expect(indexIn(['a', 'c', 'e'], key)).toBe(index);
});

test('nothing stands in an empty list', () => {
  expect(indexIn([], 'a')).toBe(-1);
});
