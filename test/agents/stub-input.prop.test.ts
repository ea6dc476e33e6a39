import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decode, type InputEvent, noInput, settle } from '../../src/agents/stub/input.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Events of bytes that come in these reads, neighbouring texts joined. */
function eventsOf(reads: readonly Uint8Array[]): readonly InputEvent[] {
  let state = noInput;
  const events: InputEvent[] = [];
  for (const read of reads) {
    const decoded = decode(state, read);
    state = decoded.state;
    events.push(...decoded.events);
  }
  return joined([...events, ...settle(state).events]);
}

function joined(events: readonly InputEvent[]): readonly InputEvent[] {
  const result: InputEvent[] = [];
  for (const event of events) {
    const last = result.at(-1);
    if (event.kind === 'text' && last?.kind === 'text')
      result[result.length - 1] = { kind: 'text', text: last.text + event.text };
    else result.push(event);
  }
  return result;
}

/** Bytes that are worth trying: text, broken text, keys, sequences, pastes whole and cut. */
const piece = fc.oneof(
  fc.string({ unit: 'grapheme' }).map(bytesOf),
  fc.uint8Array({ maxLength: 8 }),
  fc
    .constantFrom(
      '\r',
      '\n',
      '\x1b',
      '\x1b\x1b',
      '\x1b[A',
      '\x1bOP',
      '\x1b\r',
      '\x1b[200~',
      '\x1b[201~',
      '\x1b[201',
      '\x03',
      '\x04',
      '\x7f',
    )
    .map(bytesOf),
  fc.string().map((text) => bytesOf(`\x1b[200~${text}\x1b[201~`)),
);
const input = fc.array(piece, { maxLength: 12 }).map((pieces) => Uint8Array.from(pieces.flatMap((bytes) => [...bytes])));

describe('the bytes of a terminal', () => {
  test('mean the same however they are cut into reads', () => {
    fc.assert(
      fc.property(input, fc.array(fc.nat(200)), (bytes, cuts) => {
        const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
        const reads = [0, ...places].map((from, index) => bytes.subarray(from, places[index] ?? bytes.length));
        expect(eventsOf(reads)).toEqual(eventsOf([bytes]));
        expect(eventsOf([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(eventsOf([bytes]));
      }),
    );
  });

  test('give back every typed text and every framed paste, and Enter only for a carriage return', () => {
    const plain = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => !/(?![\n\t])\p{Cc}/u.test(text));
    fc.assert(
      fc.property(plain, plain, (typed, pasted) => {
        expect(eventsOf([bytesOf(`${typed}\r\x1b[200~${pasted}\x1b[201~\r`)])).toEqual([
          { kind: 'text', text: typed },
          { kind: 'enter' },
          { kind: 'paste', text: pasted },
          { kind: 'enter' },
        ]);
      }),
    );
  });

  test.each<[string, string, readonly InputEvent[]]>([
    ['an escape alone', '\x1b', [{ kind: 'key', key: 'escape' }]],
    [
      'an escape twice',
      '\x1b\x1b',
      [
        { kind: 'key', key: 'escape' },
        { kind: 'key', key: 'escape' },
      ],
    ],
    ['alt and Enter', 'a\x1b\rb', [{ kind: 'text', text: 'a\nb' }]],
    ['a cursor key', '\x1b[1;5C', [{ kind: 'key', key: 'other' }]],
    ['a paste that holds its own end', '\x1b[200~a\x1b[201~\r', [{ kind: 'paste', text: 'a' }, { kind: 'enter' }]],
    ['a paste that holds other sequences', '\x1b[200~\x1b[31m\x03\x1b[201~', [{ kind: 'paste', text: '\x1b[31m\x03' }]],
    [
      'control keys',
      '\x03\x04\x15\x7f',
      ['ctrl-c', 'ctrl-d', 'ctrl-u', 'backspace'].map((key) => ({ kind: 'key', key }) as InputEvent),
    ],
  ])('%s', (_, text, events) => {
    expect(eventsOf([bytesOf(text)])).toEqual(events);
  });

  test('a paste of a megabyte in small reads arrives whole', () => {
    const text = 'x'.repeat(1_000_000);
    const bytes = bytesOf(`\x1b[200~${text}\x1b[201~`);
    const reads = Array.from({ length: Math.ceil(bytes.length / 4096) }, (_, index) =>
      bytes.subarray(index * 4096, (index + 1) * 4096),
    );
    expect(eventsOf(reads)).toEqual([{ kind: 'paste', text }]);
  });
});
