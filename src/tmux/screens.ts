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

type ReadScreens = ReturnType<typeof screenReader>;

/**
 * Remembers the screens of sessions without output since: only what has changed is looked at. tmux tells the time of an output to the second, so
 * a screen that was read less than two seconds after its last output is read again. `clock` in milliseconds since the epoch.
 */
export function rememberingScreens(read: ReadScreens, clock: () => number): ReadScreens {
  let memory: ReadonlyMap<string, Remembered> = new Map();
  return async (socket, requests) => {
    const isSettled = (request: ScreenRequest): boolean => isUnchanged(request, memory.get(request.id));
    const open = requests.filter((request) => !isSettled(request));
    const at = clock();
    const fresh = open.length === 0 ? new Map<string, PaneScreen>() : await read(socket, open);
    const known = requests.flatMap((request) => {
      const before = memory.get(request.id);
      const screen = fresh.get(request.id) ?? (isUnchanged(request, before) ? before?.screen : undefined);
      const readAt = fresh.has(request.id) ? at : (before?.readAt ?? at);
      return screen === undefined ? [] : [[request.id, { incarnation: request.incarnation, screen, readAt }] as const];
    });
    memory = new Map(known);
    return new Map(known.map(([id, { screen }]) => [id, screen]));
  };
}

interface Remembered {
  readonly incarnation: string;
  readonly screen: PaneScreen;
  readonly readAt: number;
}

const settlesAfterMs = 2000;

const isUnchanged = ({ incarnation, changed }: ScreenRequest, before: Remembered | undefined): boolean =>
  before !== undefined &&
  before.incarnation === incarnation &&
  before.screen.changed === (changed ?? Number.NaN) * 1000 &&
  before.readAt >= before.screen.changed + settlesAfterMs;
