import { expect, test } from 'vitest';
import type { ChatKey, Typed } from '../../src/chat/keys.ts';
import { type Desk, emptyDesk, type Hand, take } from '../../src/cli/chat-desk.ts';
import type { ChatRecord } from '../../src/connectors/tmux/records.ts';

const said: ChatRecord[] = [];
const handOn = (desk: Desk): Hand => ({
  desk,
  threads: [],
  frame: { furthest: 0, page: 10 },
  screen: { redraw: () => {} },
  room: {
    sender: 'jason',
    log: {
      read: async () => ({ records: said, damaged: 0, generation: 1 }),
      append: async (records) => void said.push(...records),
      compact: async () => null,
      watch: () => () => {},
    },
  },
  context: { date: () => new Date('2026-01-02T00:00:00Z') },
});
const text = (typed: string): Typed => ({ kind: 'text', text: typed });
const key = (pressed: ChatKey): Typed => ({ kind: 'key', key: pressed });

async function typed(...keys: readonly Typed[]): Promise<Desk> {
  const desk = emptyDesk();
  for (const one of keys) await take(one, handOn(desk));
  return desk;
}

test('whoever asked for help types on in an empty draft, and the help is there', async () => {
  const { draft, notice } = await typed(text('/help'), key('enter'), text('x'));
  expect(draft.text).toBe('x');
  expect(notice).toContain('/new TITLE');
});

test('what is no command stays in the draft to be mended', async () => {
  const { draft, notice } = await typed(text('/hepl'), key('enter'));
  expect(draft.text).toBe('/hepl');
  expect(notice).toContain('there is no /hepl here');
});
