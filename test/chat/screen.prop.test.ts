import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { folded, widthOf } from '../../src/chat/cells.ts';
import { type ChatEntry, threadsOf, unreadOf } from '../../src/chat/conversation.ts';
import { renderChat } from '../../src/chat/screen.ts';
import type { ChatPaint, ChatView } from '../../src/chat/view.ts';

const as = (text: string): string => text;
const plain: ChatPaint = { bold: as, dim: as, red: as, green: as, yellow: as, cyan: as };

const said = (id: string, text: string, over: Partial<ChatEntry> = {}): ChatEntry => ({
  id,
  by: 'fleet',
  sender: 'orchestrator',
  text,
  attachments: [],
  threadId: null,
  title: null,
  at: '2026-01-02T10:00:00.000Z',
  state: null,
  ...over,
});

const viewOf = (entries: readonly ChatEntry[], over: Partial<ChatView> = {}): ChatView => {
  const threads = threadsOf(entries);
  return {
    fleet: 'coding',
    threads,
    current: null,
    unread: unreadOf(threads, new Set()),
    draft: { text: '', at: 0 },
    scroll: 0,
    state: { well: true, text: 'connected' },
    notice: '',
    offset: 0,
    ...over,
  };
};

const talk = [
  said('1', 'Which one first?'),
  said('2', 'Issue 12, please.', { by: 'person', sender: 'jason', at: '2026-01-02T10:01:00.000Z', state: 'waiting' }),
  said('3', 'The build is green.', { threadId: 't1', title: 'Release 2.1', at: '2026-01-02T10:02:00.000Z' }),
  said('4', 'Tag it.', { by: 'person', sender: 'jason', threadId: 't1', at: '2026-01-03T10:03:00.000Z', state: 'handed' }),
];

describe('a chat shows', () => {
  test('who said what and when, where threads begin, and what is on its way', () => {
    const { lines } = renderChat(viewOf(talk), 60, 18, plain);
    expect(lines).toEqual([
      'coding                                           ● connected',
      '[main] Release 2.1 1 ',
      '──────────────────── Friday, 2026-01-02 ────────────────────',
      '10:00 orchestrator',
      '  Which one first?',
      '',
      '10:01 jason …',
      '  Issue 12, please.',
      '',
      '10:02 ▸ Release 2.1 · 2',
      '',
      '',
      '',
      '',
      '',
      '─'.repeat(60),
      '> ',
      'Enter sends · Alt-Enter line · Tab thread · Ctrl-C leaves',
    ]);
  });

  test('one thread alone, days apart', () => {
    const { lines } = renderChat(viewOf(talk, { current: 't1' }), 40, 16, plain);
    expect(lines).toEqual([
      'coding › Release 2.1         ● connected',
      ' main 1 [Release 2.1]',
      '────────── Friday, 2026-01-02 ──────────',
      '10:02 orchestrator',
      '  The build is green.',
      '',
      '───────── Saturday, 2026-01-03 ─────────',
      '10:03 jason',
      '  Tag it.',
      '',
      '',
      '',
      '',
      '── to Release 2.1 ──────────────────────',
      '> ',
      'Enter · Alt-Enter · Tab · Ctrl-C leaves',
    ]);
  });

  test('times of the place where it is read', () => {
    const { lines } = renderChat(viewOf(talk.slice(0, 1), { offset: -660 }), 40, 10, plain);
    expect(lines).toContain('23:00 orchestrator');
    expect(lines[1]).toContain('2026-01-01');
  });

  test('the newest below, and what is above by pages', () => {
    const many = Array.from({ length: 50 }, (_, index) => said(String(index), `word ${index}`));
    const { lines, furthest, page } = renderChat(viewOf(many), 40, 12, plain);
    expect(lines.at(-4)).toBe('  word 49');
    const up = renderChat(viewOf(many, { scroll: page - 1 }), 40, 12, plain);
    expect(up.lines).not.toContain('  word 49');
    expect(up.lines.at(-1)).toContain('newer below');
    expect(renderChat(viewOf(many, { scroll: furthest + 100 }), 40, 12, plain).lines).toContain('  word 0');
  });

  test('a draft of several lines, with the cursor where it stands', () => {
    const text = 'one\n漢字 two';
    const { lines, cursor } = renderChat(viewOf([], { draft: { text, at: text.indexOf(' two') } }), 40, 12, plain);
    expect(lines[cursor.row]).toBe('  漢字 two');
    expect(cursor.column).toBe(2 + 4);
  });

  test('code as it stands, and what is stressed', () => {
    const text = 'See **this**:\n```sh\n  a   b\n```\nDone.';
    const { lines } = renderChat(viewOf([said('1', text)]), 40, 12, { ...plain, bold: (words) => words.toUpperCase() });
    expect(lines.slice(3, 6)).toEqual(['  See THIS:', '    a   b', '  Done.']);
  });

  test('why it is not well', () => {
    const { lines } = renderChat(viewOf([], { state: { well: false, text: 'its connector does not run' } }), 50, 8, plain);
    expect(lines[0]).toBe('coding                ○ its connector does not run');
  });
});

const nasty = fc
  .array(
    fc.constantFrom(
      'a',
      'b',
      ' ',
      '漢',
      '\u0301',
      '\u202e',
      '\u2066',
      '\u200b',
      '\x1b[31m',
      '\x1b]0;x\x07',
      '\x9b',
      '\r',
      '\n',
      '\t',
      '😀',
      '\ud800',
    ),
    {
      maxLength: 60,
    },
  )
  .map((parts) => parts.join(''));

describe('whatever is said', () => {
  test('stays within its lines, and steers nothing', () => {
    const row = fc.record({ text: nasty, sender: nasty, title: nasty, threadId: fc.constantFrom(null, 'a', 'b') });
    fc.assert(
      fc.property(
        fc.array(row, { maxLength: 8 }),
        nasty,
        fc.integer({ min: 12, max: 60 }),
        fc.integer({ min: 4, max: 20 }),
        (rows, text, columns, height) => {
          const entries = rows.map((one, index) => said(String(index), one.text, one));
          for (const current of [null, 'a']) {
            const view = viewOf(entries, { current, draft: { text: text.replace(/[\r\t]/g, ''), at: 0 }, notice: text });
            const { lines, cursor } = renderChat(view, columns, height, plain);
            expect(lines.length).toBeLessThanOrEqual(height);
            for (const line of lines) {
              expect(widthOf(line)).toBeLessThanOrEqual(columns);
              expect(line).not.toMatch(/[\p{Cc}\p{Cf}\u2028\u2029]/u);
            }
            expect(cursor.row).toBeLessThan(height);
            expect(cursor.row).toBeGreaterThanOrEqual(0);
            expect(cursor.column).toBeLessThan(columns);
          }
        },
      ),
    );
  });

  test('is folded without losing a word', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z漢 ]{0,80}$/), fc.integer({ min: 2, max: 30 }), (text, width) => {
        expect(folded(text, width).join('').replace(/ /g, '')).toBe(text.replace(/ /g, ''));
      }),
    );
  });
});
