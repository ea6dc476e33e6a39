import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { adapterOf } from '../../../src/agents/runtimes/adapters.ts';
import { readScreen } from '../../../src/agents/runtimes/read-screen.ts';

const recorded = new URL('../screens/', import.meta.url).pathname;
const screenOf = (runtime: string, name: string): string => readFileSync(`${recorded}${runtime}/${name}.txt`, 'utf8');

/** What each recorded screen shows: state, and what stands in the composer; `null`: there is none. */
const screens: readonly (readonly [runtime: string, name: string, state: string, composer: string | null])[] = [
  ['claude', 'no-network', 'unknown', null],
  ['claude', 'dialog-trust', 'dialog', null],
  ['claude', 'dialog-api-key', 'dialog', null],
  ['claude', 'dialog-mode', 'dialog', null],
  ['claude', 'dialog-tool', 'dialog', null],
  ['claude', 'start', 'idle', ''],
  ['claude', 'idle', 'idle', ''],
  ['claude', 'error', 'idle', ''],
  ['claude', 'busy', 'busy', ''],
  ['claude', 'busy-queued', 'busy', ''],
  ['claude', 'rate-limited', 'rate-limited', ''],
  ['claude', 'draft', 'idle', 'hello from claude SLOW 6'],
  ['claude', 'draft-restored', 'idle', 'SLOW 4 x'],
  ['claude', 'draft-collapsed', 'rate-limited', '[Pasted text #2 +29 lines]'],
  ['claude', 'draft-long', 'rate-limited', '[Pasted text #3]'],
  ['claude', 'sigil-slash', 'idle', '/xy'],
  ['claude', 'sigil-bang', 'idle', '! xy'],
  ['claude', 'narrow-idle', 'idle', ''],
  ['claude', 'narrow-busy', 'busy', ''],
  ['claude', 'narrow-draft', 'idle', narrowDraft(76)],
  ['codex', 'dialog-login', 'dialog', null],
  ['codex', 'start', 'idle', ''],
  ['codex', 'idle', 'idle', ''],
  ['codex', 'error', 'idle', ''],
  ['codex', 'interrupted', 'idle', ''],
  ['codex', 'busy', 'busy', ''],
  ['codex', 'busy-draft', 'busy', 'tab queued'],
  ['codex', 'busy-tab-queued', 'busy', ''],
  ['codex', 'dialog-tool', 'dialog', null],
  ['codex', 'rate-limited', 'rate-limited', ''],
  ['codex', 'draft', 'idle', 'hello from codex SLOW 6'],
  ['codex', 'draft-multi', 'idle', 'line 1 of five\nline 2 of five\nline 3 of five\nline 4 of five\nline 5 of five'],
  ['codex', 'draft-collapsed', 'idle', '[Pasted Content 1370 chars]'],
  ['codex', 'sigil-bang', 'idle', '! xy'],
  ['codex', 'sigil-at', 'idle', '@xy'],
  ['codex', 'narrow-busy', 'busy', ''],
  ['codex', 'narrow-draft', 'idle', narrowDraft(76)],
  ['opencode', 'start', 'idle', ''],
  ['opencode', 'idle', 'idle', ''],
  ['opencode', 'busy', 'busy', ''],
  ['opencode', 'busy-queued', 'busy', ''],
  ['opencode', 'dialog-tool', 'dialog', null],
  ['opencode', 'rate-limited', 'rate-limited', ''],
  ['opencode', 'draft', 'idle', 'hello from opencode SLOW 6'],
  ['opencode', 'draft-collapsed', 'idle', '[Pasted ~30 lines]'],
  ['opencode', 'sigil-at', 'idle', '┃\n\n@xy'],
  ['opencode', 'narrow-idle', 'idle', ''],
  ['opencode', 'narrow-busy', 'busy', ''],
  ['opencode', 'narrow-draft', 'idle', narrowDraft(67)],
  ['pi', 'start', 'idle', ''],
  ['pi', 'idle', 'idle', ''],
  ['pi', 'busy', 'busy', ''],
  ['pi', 'busy-queued', 'busy', ''],
  ['pi', 'dialog-model', 'dialog', null],
  ['pi', 'rate-limited', 'rate-limited', ''],
  ['pi', 'draft', 'idle', 'hello from pi SLOW 6'],
  ['pi', 'draft-multi', 'idle', 'line 1 of five\nline 2 of five\nline 3 of five\nline 4 of five\nline 5 of five'],
  ['pi', 'draft-collapsed', 'idle', '[paste #1 +30 lines]'],
  ['pi', 'narrow-busy', 'busy', ''],
  ['pi', 'narrow-draft', 'idle', narrowDraft(78)],
];

/** Wrapped at words. */
function narrowDraft(width: number): string {
  const words = 'a draft that a person has not sent yet, and that is longer than one row of this narrow terminal'.split(' ');
  return words.reduce((text, word) =>
    (`${text} ${word}`.split('\n').at(-1)?.length ?? 0) > width ? `${text}\n${word}` : `${text} ${word}`,
  );
}

test.each(screens)('%s, %s: %s', (runtime, name, state, composer) => {
  const reading = readScreen(adapterOf(runtime), screenOf(runtime, name));
  expect({ state: reading.state, composer: reading.composer?.text ?? null }).toEqual({ state, composer });
  expect(reading.composer?.folded ?? false).toBe(/\[[Pp]aste/.test(composer ?? ''));
});

test('every recorded screen has its row', () => {
  const rows = screens.map(([runtime, name]) => `${runtime}/${name}.txt`);
  const files = readdirSync(recorded, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.txt'));
  expect(files.sort()).toEqual(rows.sort());
});

test.each([
  ['claude', 'dialog-tool', 'Do you want to proceed?'],
  ['claude', 'dialog-api-key', 'Do you want to use this API key?'],
  ['claude', 'dialog-mode', 'Make auto mode your default permission mode?'],
  ['codex', 'dialog-tool', 'Would you like to run the following command?'],
  ['opencode', 'rate-limited', 'You have hit your limit [retrying in'],
  ['codex', 'rate-limited', 'try again at 8:25 AM'],
])('%s, %s: says what it is about', (runtime, name, words) => {
  expect(readScreen(adapterOf(runtime), screenOf(runtime, name)).detail).toContain(words);
});

describe('what an agent says is not taken for what its program shows', () => {
  const said: readonly (readonly [runtime: string, screen: string, row: string])[] = [
    ['claude', 'idle', '● Press esc to interrupt, or ✻ Thinking… and wait'],
    ['claude', 'idle', '  Do you want to proceed?'],
    ['claude', 'idle', '  ❯ 1. Yes'],
    ['claude', 'idle', '  Esc to cancel · Tab to amend'],
    ['codex', 'idle', '  Press enter to confirm or esc to cancel'],
    ['codex', 'idle', '  › 1. Yes, proceed (y)'],
    ['opencode', 'idle', '     enter confirm, esc interrupt'],
    ['pi', 'idle', ' → Yes'],
    ['pi', 'idle', ' ──────────'],
  ];
  test.each(said)('%s: %s with %s', (runtime, name, row) => {
    const rows = screenOf(runtime, name).split('\n');
    const found = rows.findIndex((text) => text.includes('ok '));
    rows.splice(found, 0, row, '');
    expect(readScreen(adapterOf(runtime), rows.join('\n'))).toMatchObject({ state: 'idle', composer: { text: '' } });
  });
});

describe('the stub', () => {
  const block = (...rows: readonly string[]): string =>
    ['Stub agent: coder0', '> old message', '● got: old message', ...rows, ''].join('\n');
  test.each([
    ['idle', block('> ', '\u001b[2mcoder0 · idle\u001b[0m'), 'idle', ''],
    ['a dim suggestion', block('> \u001b[2mtry this\u001b[0m', '\u001b[2mcoder0 · idle\u001b[0m'), 'idle', ''],
    ['a draft', block('> half a', '  thought', '\u001b[2mcoder0 · idle\u001b[0m'), 'idle', 'half a\nthought'],
    ['busy with a queue', block('> ', '\u001b[2mcoder0 · busy · 2 queued\u001b[0m'), 'busy', ''],
    ['a dialog', block('? Do you want to proceed?', '\u001b[2mcoder0 · waiting\u001b[0m'), 'dialog', null],
    ['before it is set up', '', 'starting', null],
  ])('%s', (_, screen, state, composer) => {
    const reading = readScreen(adapterOf('stub'), screen);
    expect({ state: reading.state, composer: reading.composer?.text ?? null }).toEqual({ state, composer });
  });
});

describe('a program that nothing is known of', () => {
  test.each([
    ['a bare prompt', 'user@host:~$ ls\nfile\nuser@host:~$ ', 'idle', ''],
    ['something typed', 'user@host:~$ rm -r', 'unknown', null],
    ['output', 'building 12 %\n.....', 'unknown', null],
  ])('%s', (_, screen, state, composer) => {
    const reading = readScreen(adapterOf('aider'), screen);
    expect({ state: reading.state, composer: reading.composer?.text ?? null }).toEqual({ state, composer });
  });
});

test('a name out of the prototype is no runtime', () => {
  expect(adapterOf('constructor')).toMatchObject({ runtime: 'constructor', transcript: null });
});
