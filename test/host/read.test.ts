import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readWithMode } from '../../src/host/read.ts';
import { digestOfFile, digestOfText } from '../../src/model/digest.ts';

describe('a file is read', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'muster-read-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const written = (content: string | Buffer, mode = 0o600): string => {
    const file = join(directory, 'file');
    writeFileSync(file, content);
    chmodSync(file, mode);
    return file;
  };

  test('as text, with its mode', () => {
    expect(readWithMode(written('agent: \u{1f600} ü\n', 0o644))).toEqual({ content: 'agent: \u{1f600} ü\n', mode: 0o644 });
    expect(readWithMode(join(directory, 'none'))).toBeNull();
  });

  test.each([
    ['bytes that are no text', Buffer.from([0x61, 0xff, 0x0a])],
    ['the character that stands for them', Buffer.from('a\ufffd\n')],
    ['half a character at its end', Buffer.from([0x61, 0xe2, 0x82])],
  ])('byte by byte, where it has %s', (_what, bytes) => {
    const read = readWithMode(written(bytes));
    expect(read?.content).toEqual(bytes);
    expect(digestOfFile(read?.content ?? '', 0o600)).toBe(digestOfText(Buffer.concat([Buffer.from('600\0'), bytes])));
  });

  test('as nothing, where it is no file', () => {
    const folder = join(directory, 'folder');
    mkdirSync(folder, { mode: 0o700 });
    expect(readWithMode(folder)).toEqual({ content: '', mode: 0o700 });
    const pipe = join(directory, 'pipe');
    execFileSync('mkfifo', ['-m', '600', pipe]);
    expect(readWithMode(pipe)).toEqual({ content: '', mode: 0o600 });
  });

  test('and refused, where it is larger than anything of ours', () => {
    expect(() => readWithMode(written(Buffer.alloc(4 * 1024 * 1024 + 1)))).toThrow(/is over 4194304 bytes/);
  });
});
