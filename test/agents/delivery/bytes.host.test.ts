import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { drain } from '../../../src/agents/delivery/drain.ts';
import { composed } from '../../../src/agents/inbox/envelope.ts';
import { textOf } from '../../../src/agents/inbox/text.ts';
import { message, Stage } from './stage.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await Stage.open();
});
afterEach(() => stage.close());

const piece = fc.oneof(
  fc.constantFrom(
    '\u001b[201~',
    '\u001b[20\u001b[201~1~',
    '\u009b201~',
    '\r',
    '\n',
    '\t',
    '\u0003',
    '\u0000',
    '\u007f',
    '\u001b\u001b',
    ';',
    '#{pid}',
    '%1',
    '$(x)',
    '\\',
    "'",
    '"',
    'Enter',
    '日本',
    '𝄞',
    'é',
  ),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.string({ unit: 'grapheme', maxLength: 20 }),
);
const anyBytes = fc.oneof(
  fc.array(piece, { maxLength: 20 }).map((parts) => Buffer.from(parts.join(''))),
  fc.string({ maxLength: 400 }).map((text) => Buffer.from(text)),
);

test('no byte of a text acts as a key on its way through tmux, and each arrives', async () => {
  await stage.cast('coder0', { queues: true, turn: 1 });
  await stage.up('coder0');
  const world = stage.world();
  const texts = fc.sample(anyBytes, { numRuns: 60, seed: 4 }).flatMap((bytes) => {
    const read = textOf(bytes);
    return 'text' in read ? [read.text] : [];
  });
  expect(texts.length).toBeGreaterThan(40);
  const messages = texts.map((text) => message(text, { sender: 'peer' }));
  await world.journal('coder0').append(messages.map((one) => ({ format_version: '1.0', kind: 'message', message: one })));
  const { receipts } = await drain('coder0', world);
  expect(receipts.filter(({ state }) => !['turn-started', 'queued', 'submitted'].includes(state))).toEqual([]);
  await stage.until(async () => stage.submitted('coder0').length >= messages.length, 'all to be heard');
  expect(stage.heard('coder0')).toEqual(messages.map((one) => ({ event: 'submitted', text: composed(one, [], 'jason') })));
}, 60_000);

test('an agent that is drawn anew in another size has what it was sent', async () => {
  await stage.cast('coder0', { queues: true, turn: 20 });
  await stage.up('coder0');
  let over = false;
  const resizing = (async () => {
    for (let width = 40; !over; width = width === 40 ? 120 : 40) {
      await stage.tmux('resize-window', '-t', '=coder0:', '-x', String(width), '-y', '30');
      await new Promise((done) => setTimeout(done, 30));
    }
  })();
  const text = 'A message of several lines, which is wrapped in a narrow window. '.repeat(6).trim();
  const messages = Array.from({ length: 5 }, () => message(text, { sender: 'peer' }));
  const world = stage.world();
  await world.journal('coder0').append(messages.map((one) => ({ format_version: '1.0', kind: 'message', message: one })));
  const { receipts } = await drain('coder0', world);
  over = true;
  await resizing;
  expect(receipts.map(({ state }) => state)).toEqual(messages.map(() => expect.stringMatching(/^(turn-started|queued)$/)));
  await stage.until(async () => stage.submitted('coder0').length >= messages.length, 'all to be heard');
  expect(stage.submitted('coder0')).toEqual(messages.map((one) => composed(one, [], 'jason')));
});
