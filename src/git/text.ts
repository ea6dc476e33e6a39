import { isUtf8 } from 'node:buffer';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { TextFile } from '../model/roster.ts';
import { visible } from '../model/visible.ts';

const newline = 0x0a;

/** Bytes of a roster or role document as text (a byte order mark is dropped), or the line that is none. */
export function decode(path: string, bytes: Buffer): { readonly text: TextFile } | { readonly finding: Diagnostic } {
  if (!isUtf8(bytes))
    return {
      finding: notText(
        path,
        lineOf(bytes, (line) => !isUtf8(line)),
        'is not UTF-8',
        'Save the file as UTF-8.',
      ),
    };
  if (bytes.includes(0))
    return {
      finding: notText(
        path,
        lineOf(bytes, (line) => line.includes(0)),
        'holds a NUL byte',
        'Is this a text file?',
      ),
    };
  return { text: { file: visible(path), text: new TextDecoder().decode(bytes) } };
}

const notText = (path: string, line: number, summary: string, hint: string): Diagnostic => ({
  severity: 'error',
  code: 'roster/syntax',
  summary: `${visible(path)} ${summary}`,
  hint,
  place: { file: visible(path), line, column: 1 },
});

function lineOf(bytes: Buffer, isAtFault: (line: Buffer) => boolean): number {
  let line = 1;
  for (let at = 0; at < bytes.length; line += 1) {
    const end = bytes.indexOf(newline, at);
    if (end < 0 || isAtFault(bytes.subarray(at, end))) break;
    at = end + 1;
  }
  return line;
}
