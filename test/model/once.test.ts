import { expect, test, vi } from 'vitest';
import { once, onceEach } from '../../src/model/once.ts';

test('a value is made when it is first asked for, and never again', () => {
  const make = vi.fn(() => ({}));
  const made = once(make);
  expect(make).not.toHaveBeenCalled();
  expect(made()).toBe(made());
  expect(make).toHaveBeenCalledTimes(1);
});

test('what could not be made is tried again', () => {
  const make = vi.fn(() => 'made');
  make.mockImplementationOnce(() => {
    throw new Error('not now');
  });
  const made = once(make);
  expect(made).toThrow('not now');
  expect(made()).toBe('made');
});

test('of each key a value is made once, also where it is none', () => {
  const make = vi.fn((key: string) => (key === 'none' ? null : { key }));
  const made = onceEach(make);
  for (const key of ['one', 'none', 'one', 'none']) expect(made(key)).toEqual(key === 'none' ? null : { key });
  expect(make.mock.calls).toEqual([['one'], ['none']]);
});
