import type { InputEvent, Key } from './input.ts';
import type { Quirks } from './quirks.ts';

export type Phase = 'idle' | 'busy' | 'waiting' | 'hung';

/** A piece of the composer; a long paste is shown by its label only. */
export interface Piece {
  readonly text: string;
  readonly label: string | null;
}

export interface Conversation {
  readonly phase: Phase;
  readonly composer: readonly Piece[];
  readonly queue: readonly string[];
  /** The turn under way; `ends` in milliseconds of the clock. */
  readonly turn: { readonly text: string; readonly ends: number } | null;
  readonly dialog: string | null;
  readonly pastes: number;
  readonly pastedAt: number;
  readonly escapedAt: number;
  readonly swallow: number;
}

export type Effect =
  | { readonly kind: 'say'; readonly text: string }
  | { readonly kind: 'record'; readonly type: 'user' | 'assistant' | 'interrupted' | 'answer'; readonly text: string }
  | { readonly kind: 'redraw' }
  | { readonly kind: 'exit'; readonly status: number }
  | { readonly kind: 'crash' };

export interface Step {
  readonly state: Conversation;
  readonly effects: readonly Effect[];
}

export const opening = (quirks: Quirks): Conversation => ({
  phase: 'idle',
  composer: [],
  queue: [],
  turn: null,
  dialog: null,
  pastes: 0,
  pastedAt: Number.NEGATIVE_INFINITY,
  escapedAt: Number.NEGATIVE_INFINITY,
  swallow: quirks.swallowEnter,
});

export const composed = (state: Conversation): string => state.composer.map(({ text }) => text).join('');

/** One input event, `now` in milliseconds of the clock. */
export function react(state: Conversation, event: InputEvent, now: number, quirks: Quirks): Step {
  if (state.phase === 'hung') return stay(state);
  if (state.dialog !== null) return answer(state, state.dialog, event, now, quirks);
  switch (event.kind) {
    case 'text':
      return stay({ ...state, composer: append(state.composer, event.text) });
    case 'paste':
      return stay(paste(state, event.text, now));
    case 'enter':
      return enter(state, now, quirks);
    case 'key':
      return press(state, event.key, now);
  }
}

/** The turn under way has come to its end: it is answered, and the next message in the queue begins one. */
export function finishTurn(state: Conversation, now: number, quirks: Quirks): Step {
  if (state.turn === null || state.phase === 'hung') return stay(state);
  const { text } = state.turn;
  const reply = `got: ${text}`;
  const said: Effect[] =
    text === ''
      ? []
      : [
          { kind: 'say', text: `● ${reply}` },
          { kind: 'record', type: 'assistant', text: reply },
        ];
  if (state.dialog !== null) return { state: { ...state, turn: null }, effects: said };
  const next = nextTurn(rest(state), now, quirks);
  return { state: next.state, effects: [...said, ...next.effects] };
}

const stay = (state: Conversation, ...effects: readonly Effect[]): Step => ({ state, effects });
const rest = (state: Conversation): Conversation => ({ ...state, turn: null, phase: 'idle' });

function append(composer: readonly Piece[], text: string): readonly Piece[] {
  const last = composer.at(-1);
  if (last === undefined || last.label !== null) return [...composer, { text, label: null }];
  return [...composer.slice(0, -1), { text: last.text + text, label: null }];
}

function paste(state: Conversation, pasted: string, now: number): Conversation {
  const text = pasted.replace(/\r\n?/g, '\n');
  const lines = text.split('\n').length;
  if (lines < 10 && text.length <= 800) return { ...state, composer: append(state.composer, text), pastedAt: now };
  const pastes = state.pastes + 1;
  const label = `[Pasted text #${pastes} +${lines - 1} lines]`;
  return { ...state, composer: [...state.composer, { text, label }], pastes, pastedAt: now };
}

function enter(state: Conversation, now: number, quirks: Quirks): Step {
  if (state.swallow > 0) return stay({ ...state, swallow: state.swallow - 1 });
  if (now - state.pastedAt < quirks.enterIntoPaste) return stay({ ...state, composer: append(state.composer, '\n') });
  const text = composed(state);
  if (text.trim() === '') return stay(state);
  return submit({ ...state, composer: [] }, text, now, quirks);
}

function submit(state: Conversation, text: string, now: number, quirks: Quirks): Step {
  const shown: Effect = { kind: 'say', text: `> ${text}` };
  if (text.startsWith('/')) return withEffect(shown, command(state, text.trim(), now));
  if (text.startsWith('!') || text.startsWith('#')) {
    return stay(state, shown, {
      kind: 'say',
      text: `● ${text[0] === '!' ? 'would run a shell command' : 'would be remembered'}: ${text.slice(1)}`,
    });
  }
  if (state.phase === 'busy') return stay({ ...state, queue: [...state.queue, text] });
  return withEffect(shown, begin(state, text, now + quirks.turn));
}

const withEffect = (effect: Effect, { state, effects }: Step): Step => ({ state, effects: [effect, ...effects] });

function begin(state: Conversation, text: string, ends: number): Step {
  return stay({ ...state, phase: 'busy', turn: { text, ends } }, { kind: 'record', type: 'user', text });
}

function nextTurn(state: Conversation, now: number, quirks: Quirks): Step {
  const [text, ...queue] = state.queue;
  if (text === undefined) return stay(state);
  return withEffect({ kind: 'say', text: `> ${text}` }, begin({ ...state, queue }, text, now + quirks.turn));
}

const commands = '/busy SECONDS, /dialog, /exit STATUS, /crash, /hang';

/** Commands by which a test makes the stub do what real agents do now and then. */
function command(state: Conversation, line: string, now: number): Step {
  const [name, argument = ''] = line.split(/\s+/);
  const number = Number.parseFloat(argument);
  switch (name) {
    case '/busy':
      return stay({
        ...state,
        phase: 'busy',
        turn: { text: state.turn?.text ?? '', ends: now + 1000 * (number >= 0 ? number : 1) },
      });
    case '/dialog':
      return stay({ ...state, phase: 'waiting', dialog: 'Do you want to proceed? (y/n, Enter: yes, Esc: no)' });
    case '/exit':
      return stay(state, { kind: 'exit', status: Number.isInteger(number) ? number & 255 : 0 });
    case '/crash':
      return stay(state, { kind: 'crash' });
    case '/hang':
      return stay({ ...state, phase: 'hung' });
    default:
      return stay(state, { kind: 'say', text: `● unknown command ${name}; there are ${commands}` });
  }
}

/** A dialog takes whatever comes for its answer, as permission dialogs do. */
function answer(state: Conversation, dialog: string, event: InputEvent, now: number, quirks: Quirks): Step {
  const word = event.kind === 'enter' ? 'yes' : event.kind === 'key' ? keyAnswer(event.key) : textAnswer(event.text);
  if (word === null) return stay(state);
  const closed: Conversation = { ...state, dialog: null, phase: state.turn === null ? 'idle' : 'busy' };
  const next = closed.phase === 'idle' ? nextTurn(closed, now, quirks) : stay(closed);
  const text = `${dialog} ${word}`;
  return {
    state: next.state,
    effects: [{ kind: 'say', text: `● ${text}` }, { kind: 'record', type: 'answer', text }, ...next.effects],
  };
}

const keyAnswer = (key: Key): string | null => (key === 'escape' || key === 'ctrl-c' ? 'no' : null);

function textAnswer(text: string): string | null {
  const letter = /[yn]/i.exec(text)?.[0]?.toLowerCase();
  return letter === undefined ? null : letter === 'y' ? 'yes' : 'no';
}

function press(state: Conversation, key: Key, now: number): Step {
  switch (key) {
    case 'backspace':
      return stay({ ...state, composer: shorten(state.composer) });
    case 'ctrl-u':
      return stay({ ...state, composer: [] });
    case 'ctrl-l':
      return stay(state, { kind: 'redraw' });
    case 'ctrl-c':
      return state.composer.length > 0 ? stay({ ...state, composer: [] }) : interrupt(state);
    case 'ctrl-d':
      return state.composer.length > 0 ? stay(state) : stay(state, { kind: 'exit', status: 0 });
    case 'escape':
      return pressEscape(state, now);
    case 'other':
      return stay(state);
  }
}

function shorten(composer: readonly Piece[]): readonly Piece[] {
  const last = composer.at(-1);
  if (last === undefined) return composer;
  const text = last.label === null ? [...last.text].slice(0, -1).join('') : '';
  return text === '' ? composer.slice(0, -1) : [...composer.slice(0, -1), { text, label: null }];
}

function interrupt(state: Conversation): Step {
  if (state.turn === null) return stay(state, { kind: 'say', text: '(Ctrl-D ends this agent)' });
  const { text } = state.turn;
  return stay(
    { ...rest(state), queue: [] },
    { kind: 'say', text: '● interrupted' },
    { kind: 'record', type: 'interrupted', text },
  );
}

/** Once interrupts a turn; twice within half a second opens a menu. */
function pressEscape(state: Conversation, now: number): Step {
  if (state.turn !== null) return interrupt(state);
  if (now - state.escapedAt > 500) return stay({ ...state, escapedAt: now });
  return stay({
    ...state,
    escapedAt: Number.NEGATIVE_INFINITY,
    phase: 'waiting',
    dialog: 'Rewind the conversation? (y/n, Enter: yes, Esc: no)',
  });
}
