import { StringDecoder } from 'node:string_decoder';
import { KeyReader, type Typed } from '../chat/keys.ts';
import type { ChatFrame } from '../chat/screen.ts';
import { occupy, pausesOf, type Terminal } from './whole-terminal.ts';

/** A terminal that is drawn over in place, with a cursor, and takes whatever is typed. */
export interface ChatScreen {
  size(): { readonly columns: number; readonly rows: number };
  draw(frame: Pick<ChatFrame, 'lines' | 'cursor'>): void;
  /** All of it is drawn anew the next time. */
  redraw(): void;
  ring(): void;
  typed(): readonly Typed[];
  wake(): void;
  /** Resolves after so many milliseconds, when something is typed, at `wake` and a change of size, or when it is over. */
  pause(milliseconds: number): Promise<void>;
  readonly over: AbortSignal;
}

const esc = '\x1b';
/** Another screen, pastes in brackets, no wrapping; put back by `leave`. */
const enter = `${esc}[?1049h${esc}[?2004h${esc}[?7l${esc}[H${esc}[2J`;
const leave = `${esc}[0m${esc}[?2004l${esc}[?7h${esc}[?25h${esc}[?1049l`;
/** An escape that nothing follows for so long is one. */
const escapeMs = 50;

export async function onChatScreen(terminal: Terminal, work: (screen: ChatScreen) => Promise<void>): Promise<void> {
  const { stdout } = terminal;
  const pauses = pausesOf(terminal);
  const { wake, over } = pauses;
  const reader = new KeyReader();
  const decoder = new StringDecoder('utf8');
  let pressed: Typed[] = [];
  let shown: readonly string[] = [];
  let settling: NodeJS.Timeout | undefined;
  const onData = (data: Buffer): void => {
    clearTimeout(settling);
    pressed.push(...reader.feed(decoder.write(data)));
    if (reader.isOpen) settling = setTimeout(() => reader.settle(), escapeMs);
    wake();
  };
  const onResize = (): void => {
    shown = [];
  };
  const screen: ChatScreen = {
    size: () => ({ columns: Math.max(12, stdout.columns ?? 80), rows: Math.max(4, stdout.rows ?? 24) }),
    draw: ({ lines, cursor }) => {
      if (stdout.writableNeedDrain === true) return;
      // Over a slow line only what has changed is worth sending.
      const changed = lines.flatMap((line, row) =>
        line === shown[row] ? [] : [`${esc}[${row + 1};1H${esc}[2K${line}${esc}[0m`],
      );
      const rest = lines.length < shown.length ? `${esc}[J` : '';
      shown = lines;
      stdout.write(
        `${esc}[?2026h${esc}[?25l${changed.join('')}${rest}${esc}[${cursor.row + 1};${cursor.column + 1}H${esc}[?25h${esc}[?2026l`,
      );
    },
    redraw: () => {
      shown = [];
      stdout.write(`${esc}[2J`);
    },
    ring: () => void stdout.write('\x07'),
    typed: () => {
      const taken = pressed;
      pressed = [];
      return taken;
    },
    wake,
    pause: async (milliseconds) => {
      if (pressed.length === 0) await pauses.pause(milliseconds);
    },
    over,
  };
  await occupy(terminal, { enter, leave, onData, onResize }, pauses, () => work(screen)).finally(() => clearTimeout(settling));
}
