import { occupy, pausesOf, type Terminal } from './whole-terminal.ts';

/** A terminal that is drawn over in place. */
export interface LiveScreen {
  /** In cells. */
  size(): { readonly columns: number; readonly rows: number };
  /** Shows these lines from the top; those that are too many or too long are not seen. What is as before is not drawn again. */
  draw(lines: readonly string[]): void;
  /** Resolves after so many milliseconds, at a key or a change of size, or when it is over. */
  pause(milliseconds: number): Promise<void>;
  /** Keys since the last time, by name. */
  keys(): readonly Key[];
  /** Aborted by `q`, Ctrl-C, a signal, or the end of the terminal. */
  readonly over: AbortSignal;
}

export type Key =
  | 'up'
  | 'down'
  | 'left'
  | 'right'
  | 'page-up'
  | 'page-down'
  | 'home'
  | 'end'
  | 'tab'
  | 'enter'
  | 'escape'
  | 'other';

const esc = '\x1b';
/** Another screen, without cursor and without wrapping; put back by `leave`. */
const enter = `${esc}[?1049h${esc}[?25l${esc}[?7l${esc}[H${esc}[2J`;
const leave = `${esc}[0m${esc}[?7h${esc}[?25h${esc}[?1049l`;

/** Runs `work` on the whole terminal and puts it back as it was, whatever happens. */
export async function onLiveScreen(terminal: Terminal, work: (screen: LiveScreen) => Promise<void>): Promise<void> {
  const { stdout } = terminal;
  const pauses = pausesOf(terminal);
  let pressed: Key[] = [];
  let shown = '';
  const onData = (data: Buffer): void => {
    const { keys, quits } = keysIn(data.toString('latin1'));
    pressed.push(...keys);
    if (quits) pauses.end();
    pauses.wake();
  };
  const onResize = (): void => {
    shown = '';
  };
  const size = () => ({ columns: Math.max(1, stdout.columns ?? 80), rows: Math.max(1, stdout.rows ?? 24) });
  const screen: LiveScreen = {
    size,
    draw: (lines) => {
      const frame = lines
        .slice(0, size().rows)
        .map((line) => `${line}${esc}[0m${esc}[K`)
        .join('\r\n');
      if (frame === shown || stdout.writableNeedDrain) return;
      shown = frame;
      // As one update, where the terminal knows of such.
      stdout.write(`${esc}[?2026h${esc}[H${frame}${esc}[J${esc}[?2026l`);
    },
    pause: pauses.pause,
    keys: () => {
      const taken = pressed;
      pressed = [];
      return taken;
    },
    over: pauses.over,
  };
  await occupy(terminal, { enter, leave, onData, onResize }, pauses, () => work(screen));
}

const named: Readonly<Record<string, Key>> = {
  '[A': 'up',
  OA: 'up',
  k: 'up',
  '[B': 'down',
  OB: 'down',
  j: 'down',
  '[C': 'right',
  OC: 'right',
  l: 'right',
  '[D': 'left',
  OD: 'left',
  h: 'left',
  '[5~': 'page-up',
  '[6~': 'page-down',
  ' ': 'page-down',
  '[H': 'home',
  '[1~': 'home',
  g: 'home',
  '[F': 'end',
  '[4~': 'end',
  G: 'end',
  '\t': 'tab',
  '\r': 'enter',
  '\n': 'enter',
  '': 'escape',
};

/** A key is a character, or a sequence that begins with an escape. */
export function keysIn(typed: string): { readonly keys: readonly Key[]; readonly quits: boolean } {
  const words = typed.match(new RegExp(`${esc}(?:\\[[0-9;<=>?]*[ -/]*[@-~]|O[A-Za-z])?|[^]`, 'g')) ?? [];
  return {
    keys: words.map((word) => named[word.startsWith(esc) ? word.slice(1) : word] ?? 'other'),
    quits: words.some((word) => word === 'q' || word === '\x03'),
  };
}
