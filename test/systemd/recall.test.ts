import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { remembering } from '../../src/systemd/recall.ts';

let directory: string;
let file: string;
let reads: number;

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'recall-'));
  file = path.join(directory, 'file');
  reads = 0;
});
afterEach(() => rmSync(directory, { recursive: true }));

const read = (from: string): string => {
  reads += 1;
  return readFileSync(from, 'utf8');
};
const changedAt = () => statSync(file).ctimeMs;

describe('a file that nobody changes', () => {
  test('is read once, if it is older than what could be changed again at the same time', () => {
    writeFileSync(file, 'a');
    const recall = remembering<string>(() => changedAt() + 3000);
    expect([recall(file, read), recall(file, read), recall(file, read)]).toEqual(['a', 'a', 'a']);
    expect(reads).toBe(1);
  });

  test('is read again as long as it is younger', () => {
    writeFileSync(file, 'a');
    let now = changedAt() + 40;
    const recall = remembering<string>(() => now);
    for (let look = 0; look < 3; look++) recall(file, read);
    expect(reads).toBe(3);
    now += 3000;
    for (let look = 0; look < 3; look++) recall(file, read);
    expect(reads).toBe(4);
  });

  test('is read again when the clock was set back: its times may come again', () => {
    writeFileSync(file, 'a');
    let now = changedAt() + 10_000;
    const recall = remembering<string>(() => now);
    recall(file, read);
    now -= 5000;
    recall(file, read);
    expect(reads).toBe(2);
  });
});

test('whatever is written is read, however fast, at the same size, and with its old times', () => {
  writeFileSync(file, '0000');
  const { atime, mtime } = statSync(file);
  const recall = remembering<string>();
  for (let round = 0; round < 3000; round++) {
    const text = String(round).padStart(4, '0');
    writeFileSync(file, text);
    utimesSync(file, atime, mtime);
    expect(recall(file, read)).toBe(text);
  }
});

test('a read that fails is not remembered, and neither is what is not there', () => {
  const recall = remembering<string>(() => Date.now() + 60_000);
  const failing = () => recall(file, read);
  expect(failing).toThrow('ENOENT');
  appendFileSync(file, 'here');
  expect(failing()).toBe('here');
  rmSync(file);
  expect(failing).toThrow('ENOENT');
});
