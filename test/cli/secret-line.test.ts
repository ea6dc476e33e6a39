import { PassThrough, Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import type { Context } from '../../src/cli/context.ts';
import { secretLine } from '../../src/cli/secret-line.ts';

function terminal() {
  const modes: boolean[] = [];
  let shown = '';
  const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: (raw: boolean) => modes.push(raw) });
  const stderr = new Writable({
    write: (chunk, _encoding, done) => {
      shown += String(chunk);
      done();
    },
  });
  const answer = secretLine('Password', { stdin, stderr } as unknown as Pick<Context, 'stdin' | 'stderr'>);
  return { type: (text: string) => stdin.write(text), end: () => stdin.end(), answer, modes, shown: () => shown };
}

describe('a secret that is typed', () => {
  test.each([
    ['as it is', 'hunter2\r', 'hunter2'],
    ['with what was corrected', 'hunr\x7fter2\r', 'hunter2'],
    ['begun anew', 'wrong\x15hunter2\r', 'hunter2'],
    ['as a paste', '\x1b[200~hunter2\x1b[201~\r', 'hunter2'],
    ['beside keys that are no characters', '\x1b[Ahun\x1b[Cter2\x1bOD\t\r', 'hunter2'],
  ])('is read %s, and never shown', async (_how, typed, secret) => {
    const { type, answer, modes, shown } = terminal();
    type(typed);
    expect(await answer).toBe(secret);
    expect(shown()).toBe('Password: \n');
    expect(modes).toEqual([true, false]);
  });

  test.each([
    ['Ctrl-C', '\x03'],
    ['Ctrl-D', '\x04'],
  ])('is not read at %s', async (_key, typed) => {
    const { type, answer, modes } = terminal();
    type(`hun${typed}`);
    await expect(answer).rejects.toThrow('broken off');
    expect(modes).toEqual([true, false]);
  });

  test('is not read at the end of the terminal', async () => {
    const { end, answer } = terminal();
    end();
    await expect(answer).rejects.toThrow('broken off');
  });
});
