import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Receipt, receiptStates } from '../../src/model/agents.ts';
import { deliveryReasons } from '../../src/model/inbox.ts';
import { type InboxRow, renderInbox } from '../../src/views/inbox.ts';
import { reasonWords, renderReceipt } from '../../src/views/receipt.ts';
import { plain, styleFor } from '../../src/views/style.ts';
import { expectGolden } from './golden.ts';

const receipt = (over: Partial<Receipt> = {}): Receipt => ({
  format_version: '1.0',
  id: 'm1',
  agent: 'coder0',
  state: 'turn-started',
  evidence: ['transcript-turn'],
  reason: null,
  at: '2026-01-02T03:04:05.000Z',
  ...over,
});

const all: readonly (readonly [Receipt, string | null])[] = [
  [receipt(), null],
  [receipt({ state: 'submitted', evidence: ['composer-empty', 'scrollback'] }), null],
  [receipt({ state: 'queued', evidence: ['runtime-queue', 'composer-empty'] }), null],
  [receipt({ state: 'queued', evidence: ['stored'], reason: 'agent-down' }), 'mosaic-agent@coder0.service is inactive (dead)'],
  [receipt({ state: 'queued', evidence: ['stored'] }), null],
  [receipt({ state: 'typed', evidence: ['composer-text'], reason: 'no-evidence' }), null],
  [receipt({ state: 'refused', evidence: [], reason: 'dialog' }), 'it asks: Proceed?'],
  [receipt({ state: 'unknown', evidence: [], reason: 'interrupted' }), null],
  [receipt({ state: 'expired', evidence: [], reason: 'expired' }), null],
];
const told = (style = plain): string => all.map(([one, detail]) => renderReceipt(one, detail, 'nobody', style)).join('');

describe('a receipt', () => {
  test('says what is known, what shows it, and what to do', () => expectGolden(told(), 'receipts'));
  test('in colours', () => expectGolden(told(styleFor(true)), 'receipts-coloured'));
  test.each([
    ['controller', 'help: The controller delivers what waits, as soon as the agent takes it.'],
    ['suspended', 'help: The controller waits until it is resumed. To deliver now: muster inbox coder0 --deliver'],
    ['nobody', 'help: No controller runs. To deliver what waits: muster inbox coder0 --deliver'],
  ] as const)('that waits says who delivers it: %s', (deliverer, help) => {
    const waiting = receipt({ state: 'queued', evidence: ['stored'] });
    expect(renderReceipt(waiting, null, deliverer, plain)).toContain(help);
    expect(renderInbox({ ...inbox, deliverer, entries: [row()] }, 0, plain)).toContain(help);
  });
  test('of a message that found no room says how to make some', () => {
    const full = receipt({ state: 'refused', evidence: [], reason: 'inbox-full' });
    expect(renderReceipt(full, null, 'nobody', plain)).toContain('help: See what waits: muster inbox coder0.');
  });
  test('of every state is told', () => {
    expect(new Set(all.map(([{ state }]) => state))).toEqual(new Set(receiptStates));
  });
  test.each(deliveryReasons)('says %s in words', (reason) => {
    expect(reasonWords(reason)).toMatch(/^[a-z][^.]{8,}$/);
  });
});

function row(over: Partial<InboxRow> = {}): InboxRow {
  return {
    id: 'm1',
    phase: 'waiting',
    sender: 'coder1',
    at: '2026-01-02T03:04:05.000Z',
    expires: '2026-01-03T03:04:05.000Z',
    text: 'The tests pass now.\nPlease look at them, all of them, one after the other, and say what you think of each.',
    attachments: [],
    receipt: receipt({ state: 'queued', evidence: ['stored'] }),
    ...over,
  };
}
const inbox = { agent: 'coder0', entries: [], receipts: [], obstacle: null, dead: false, deliverer: 'controller' as const };

describe('an inbox', () => {
  test.each([0, 60])('%d columns wide', (columns) => {
    const entries = [row(), row({ id: 'm2', phase: 'typing', attachments: ['/a/b'], expires: null })];
    const obstacle = { reason: 'draft' as const, detail: 'somebody has begun to write' };
    return expectGolden(
      renderInbox({ ...inbox, entries, receipts: [receipt({ id: 'm0' })], obstacle }, columns, plain),
      `inbox-${columns}`,
    );
  });
  test('of dead letters', () => {
    const entries = [
      row({ phase: 'dead', receipt: receipt({ state: 'unknown', reason: 'interrupted' }) }),
      row({ id: 'm2', phase: 'dead', sender: null, text: null, receipt: receipt({ state: 'refused', reason: 'dialog' }) }),
    ];
    return expectGolden(renderInbox({ ...inbox, entries, dead: true }, 80, plain), 'inbox-dead');
  });
  test.each([
    [false, 'No messages for coder0.\n'],
    [true, 'No dead letters for coder0.\n'],
  ])('that is empty (dead letters: %s)', (dead, text) => expect(renderInbox({ ...inbox, dead }, 80, plain)).toBe(text));
});

test('nothing in a message steers the terminal that shows it', () => {
  const word = fc.oneof(
    fc.constantFrom('\u001b[2J', '\u009b31m', 'a\r\nb', '\u202eevil', '\u2028'),
    fc.string({ unit: 'binary' }),
  );
  fc.assert(
    fc.property(word, word, word, word, (id, sender, text, detail) => {
      const hostile = receipt({ id, agent: detail, state: 'refused', reason: text, evidence: [sender] });
      const obstacle = { reason: 'dialog' as const, detail };
      const entries = [
        row({ id, sender, text, at: detail, expires: text, receipt: hostile }),
        row({ phase: 'dead', receipt: hostile }),
      ];
      const shown = `${renderReceipt(hostile, detail, 'nobody', plain)}${renderInbox({ ...inbox, agent: id, entries, receipts: [hostile], obstacle }, 0, plain)}`;
      expect(shown).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\u2028\u2029]/u);
    }),
  );
});
