import type { Socket } from 'node:net';

/** What a command may know of the process it runs in. Only `main.ts` makes one. */
export interface Context {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly stdout: Output & Pick<NodeJS.WriteStream, 'on'>;
  readonly stderr: Output;
  readonly stdin: NodeJS.ReadStream;
  /** Directory that holds `units/`, `rosters/` and `dist/`. */
  readonly packageRoot: string;
  /** argv that starts this program. */
  readonly launcher: readonly string[];
  /** A connection on which a controller was asked for its report while this program was loaded. */
  readonly asked?: Socket | undefined;
  readonly uid: number;
  readonly pid: number;
  /** For a process that stays, and mostly waits: from now on its heap grows reluctantly, and code that is run often is not made faster. */
  readonly spareMemory: () => Thrift;
  /** Ends this process as a crash would. */
  readonly crash: () => void;
  readonly hostname: string;
  readonly version: string;
  /** Wall clock. */
  readonly date: () => Date;
  /** Monotonic, milliseconds. */
  readonly now: () => number;
  /**
   * From now on the first SIGINT, SIGTERM or SIGHUP only aborts this signal, and the second ends the process. With `onHangup` SIGHUP does
   * neither, but calls it each time.
   */
  readonly interruptions: (onHangup?: () => void) => AbortSignal;
}

export interface Thrift {
  /** Returns memory that is not used any more. */
  readonly tidy: () => void;
  /** From now on code that is run often is made faster, which takes memory. */
  readonly hurry: () => void;
}

export interface Output extends NodeJS.WritableStream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
  readonly writableNeedDrain?: boolean;
}

/** Exit statuses are part of the command line's contract: `docs/cli.md`. */
export const exitStatus = {
  done: 0,
  failed: 1,
  changes: 2,
  denied: 3,
  usage: 4,
  // What became of a message.
  queued: 5,
  typed: 6,
  refused: 7,
  uncertain: 8,
  expired: 9,
  // An agent cannot be looked at.
  down: 10,
  sessionless: 11,
  // EX_CONFIG of sysexits(3): the unit of the controller is not started again.
  misconfigured: 78,
} as const;
export type ExitStatus = number;
