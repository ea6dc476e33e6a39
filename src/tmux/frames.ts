import { lookReader, type ScreenRequest } from './looks.ts';

/** What a terminal shows at one moment, cell for cell. */
export interface PaneFrame {
  /** In cells. */
  readonly width: number;
  readonly height: number;
  /** From 0; `null` where the program hides it. */
  readonly cursor: { readonly column: number; readonly row: number } | null;
  /** One line a row, with the codes that `capture-pane -e` gives: of the program's making, and not to be shown as they are. */
  readonly text: string;
}

/**
 * Gives what the terminals of many agents show, by session id, as `lookReader` does. Nobody attaches to a session: there is no client whose keys
 * or whose size could reach it.
 */
export function frameReader(
  env: Readonly<Record<string, string | undefined>>,
  deadline = 3000,
): (socket: string, requests: readonly ScreenRequest[]) => Promise<ReadonlyMap<string, PaneFrame>> {
  const formats = ['#{pane_width}', '#{pane_height}', '#{cursor_flag}', '#{cursor_x}', '#{cursor_y}'];
  const read = lookReader(env, deadline, formats, '-p -e');
  return async (socket, requests) =>
    new Map([...(await read(socket, requests))].map(([id, { values, text }]) => [id, frameOf(values.map(Number), text)]));
}

function frameOf([width = 80, height = 24, shown, column = 0, row = 0]: readonly number[], text: string): PaneFrame {
  return { width, height, cursor: shown === 1 ? { column, row } : null, text };
}

/** What a terminal has shown. */
export interface PaneHistory {
  /** The last lines of its history and all of its screen, plain, wrapped lines joined. */
  readonly text: string;
  /** Milliseconds since the epoch of the last output, to the second. */
  readonly changed: number;
}

/** Gives so many lines of the history of one agent's terminal; `null` where it is gone by now. */
export async function readHistory(
  env: Readonly<Record<string, string | undefined>>,
  socket: string,
  request: ScreenRequest,
  lines: number,
  deadline = 3000,
): Promise<PaneHistory | null> {
  const read = lookReader(env, deadline, ['#{window_activity}'], `-p -J -S -${lines}`);
  const seen = (await read(socket, [request])).get(request.id);
  return seen === undefined ? null : { text: seen.text, changed: Number(seen.values[0]) * 1000 };
}
