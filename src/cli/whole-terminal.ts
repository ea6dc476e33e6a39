import { setTimeout } from 'node:timers/promises';
import type { Context } from './context.ts';

export type Terminal = Pick<Context, 'stdout' | 'stdin' | 'interruptions'>;

export interface Occupation {
  /** Written at the beginning, and at the end whatever happens. */
  readonly enter: string;
  readonly leave: string;
  readonly onData: (data: Buffer) => void;
  readonly onResize: () => void;
}

/** Between two drawings. */
export interface Pauses {
  readonly wake: () => void;
  /** Resolves after so many milliseconds, at `wake` and a change of size, or when it is over. */
  pause(milliseconds: number): Promise<void>;
  /** Aborted by a signal, the end of the terminal, or `end`. */
  readonly over: AbortSignal;
  readonly end: () => void;
}

export function pausesOf({ interruptions }: Pick<Terminal, 'interruptions'>): Pauses {
  const ended = new AbortController();
  const over = AbortSignal.any([interruptions(), ended.signal]);
  let waking = new AbortController();
  return {
    wake: () => waking.abort(),
    pause: async (milliseconds) => {
      const signal = AbortSignal.any([over, waking.signal]);
      await setTimeout(milliseconds, undefined, { signal }).catch(() => 'woken');
      waking = new AbortController();
    },
    over,
    end: () => ended.abort(),
  };
}

/** Runs `work` on the whole terminal and puts it back as it was, whatever happens. Keys go nowhere else. */
export async function occupy(
  { stdout, stdin }: Pick<Terminal, 'stdout' | 'stdin'>,
  { enter, leave, onData, onResize }: Occupation,
  { wake, end }: Pauses,
  work: () => Promise<void>,
): Promise<void> {
  const isTyped = stdin.isTTY === true;
  const resized = (): void => {
    onResize();
    wake();
  };
  stdout.on('resize', resized);
  stdout.write(enter);
  if (isTyped) {
    stdin.setRawMode(true);
    stdin.on('data', onData).on('end', end).on('error', end);
  }
  try {
    await work();
  } finally {
    stdout.off('resize', resized);
    if (isTyped) {
      // Of errors that come later nobody wants to hear.
      stdin.off('data', onData).off('end', end);
      stdin.pause();
      try {
        stdin.setRawMode(false);
      } catch {
        // The terminal itself is gone.
      }
    }
    stdout.write(leave);
  }
}
