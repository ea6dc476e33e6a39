/** What delivery has to know of a runtime. */
export interface DeliveryAdapter {
  readonly runtime: string;
  /** Bytes that submit what the composer holds. */
  readonly submit: string;
  /** The same during a turn, so that the text is kept for the next one. */
  readonly submitWhileBusy: string;
  /** Pasted behind a text, so that the submit key does not mean something else. */
  readonly ending: string;
  /** Milliseconds between a paste and its submission: a runtime may take what comes sooner for a part of the paste. */
  readonly settleMs: number;
  /** A message that is submitted during a turn is kept for the next one. */
  readonly queuesWhileBusy: boolean;
  /** Leading characters with a meaning of their own. */
  readonly sigils: readonly string[];
  readScreen(screen: string): ScreenReading;
  /** Milliseconds since the epoch at which a process was started; `null` where that cannot be told. */
  startedAt(pid: number): number | null;
  /**
   * What the runtime writes down itself, as a program with this environment, in the process `pid` or below it; `null` where it writes
   * nothing.
   */
  traces(environment: Readonly<Record<string, string>>, pid?: number): Traces | null;
  /** What the agent says itself of what it does: of the run with this environment, whose first process is `pid`. */
  beats(environment: Readonly<Record<string, string>>, pid: number, date: () => Date): Beats;
}

export interface ScreenReading {
  readonly state: 'starting' | 'idle' | 'busy' | 'dialog' | 'rate-limited' | 'unknown';
  /** `null` where none is seen. A suggestion is no text of it. */
  readonly composer: Composer | null;
  /** For people. */
  readonly detail: string;
}

export interface Composer {
  readonly text: string;
  /** A long paste is shown by a label. */
  readonly folded: boolean;
}

/** A place in what a runtime writes. */
export type TraceMark = unknown;

/** That an agent begins a turn says nothing of which text it has taken; whoever has just submitted one knows. */
export interface Beats<Mark = unknown> {
  mark(): Mark;
  /** It had something to say by then: it may be waited for that it does again. */
  speaks(mark: Mark): boolean;
  /** Who says that a turn has begun since. */
  begunSince(mark: Mark): 'runtime-state' | 'heartbeat' | null;
}

export interface Traces {
  mark(): Promise<TraceMark>;
  /** What was written since about just this text. `turn`: the runtime began a turn with it. */
  since(mark: TraceMark, text: string): Promise<'turn' | 'record' | null>;
}
