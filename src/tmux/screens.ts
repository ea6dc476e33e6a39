import { lookReader, type ScreenRequest } from './looks.ts';

export type { ScreenRequest };

export interface PaneScreen {
  /** The visible screen with SGR codes, wrapped lines joined. */
  readonly text: string;
  /** Milliseconds since the epoch of the last output, to the second. */
  readonly changed: number;
}

/** Gives the screens of many sessions, by session id, as `lookReader` does. */
export function screenReader(
  env: Readonly<Record<string, string | undefined>>,
  deadline = 10_000,
): (socket: string, requests: readonly ScreenRequest[]) => Promise<ReadonlyMap<string, PaneScreen>> {
  const read = lookReader(env, deadline, ['#{window_activity}'], '-p -e -J');
  return async (socket, requests) =>
    new Map(
      [...(await read(socket, requests))].map(([id, { values, text }]) => [id, { text, changed: Number(values[0]) * 1000 }]),
    );
}
