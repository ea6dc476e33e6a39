import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { adapterOf, adapters } from '../../../src/agents/runtimes/adapters.ts';
import { readScreen } from '../../../src/agents/runtimes/read-screen.ts';
import { recordsOf, transcriptHas } from '../../../src/agents/runtimes/transcript.ts';

const recorded = new URL('../screens/', import.meta.url).pathname;
const screens = readdirSync(recorded, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.txt'))
  .map((file) => readFileSync(recorded + file, 'utf8'));

const runtimes = [...Object.keys(adapters), 'some-other'];
const states = ['starting', 'idle', 'busy', 'dialog', 'rate-limited', 'unknown'];

/** Text of a terminal: codes, frames, prompts and anything else. */
const chaos = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 30 }),
      fc.constantFrom(
        '\n',
        '\u001b[2m',
        '\u001b[38;5;8m',
        '\u001b[',
        '\u001b[38;2;1m',
        '❯\u00a0',
        '› ',
        '┃ ',
        '╹▀▀▀',
        '> ',
        '────────────',
        ' · idle',
      ),
    ),
    { maxLength: 60 },
  )
  .map((parts) => parts.join(''));

/** A recorded screen with a piece missing, or something else in its place. */
const damaged = fc
  .record({
    screen: fc.constantFrom(...screens),
    from: fc.nat(20_000),
    length: fc.nat(2000),
    instead: fc.string({ unit: 'binary', maxLength: 20 }),
  })
  .map(({ screen, from, length, instead }) => screen.slice(0, from) + instead + screen.slice(from + length));

test('whatever is on a screen, reading it gives a state and no error', () => {
  fc.assert(
    fc.property(fc.constantFrom(...runtimes), fc.oneof(chaos, damaged), (runtime, screen) => {
      const reading = readScreen(adapterOf(runtime), screen);
      expect(states).toContain(reading.state);
      expect(reading.detail.length).toBeLessThanOrEqual(200);
      if (reading.state === 'idle' || reading.state === 'busy') expect(reading.composer).not.toBeNull();
    }),
    { numRuns: 2000 },
  );
});

test('whatever is in a transcript, reading it gives no error', () => {
  const value = fc.oneof(
    fc.json(),
    fc.constantFrom('{"type":"message","message":null}', '{"type":"event_msg","payload":{"type":"item_completed","item":[]}}'),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.constantFrom(...runtimes), fc.array(value, { maxLength: 20 }), fc.string(), (runtime, lines, message) => {
      recordsOf(adapterOf(runtime), lines.join('\n'));
      expect(['turn', 'record', null]).toContain(transcriptHas(adapterOf(runtime), lines.join('\n'), message));
    }),
    { numRuns: 1000 },
  );
});
