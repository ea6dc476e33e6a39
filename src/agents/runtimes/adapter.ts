import type { ActivityState } from '../../model/agents.ts';
import type { Composing } from './composers.ts';

/** What is known of a runtime beyond how it is started: data, measured on the real programs where there is one. */
export interface RuntimeAdapter {
  readonly runtime: string;
  readonly submit: Submission;
  /** Leading characters that make something else of a text than a message. */
  readonly sigils: readonly string[];
  /**
   * Put after a text, before the submit key: behind a last word such as `@name` some programs complete a file name, and behind a backslash
   * they break the line, where the key should submit.
   */
  readonly ending: string;
  readonly screen: ScreenSigns;
  readonly stateFile: StateFile | null;
  readonly transcript: Transcript | null;
  /** Milliseconds between two heartbeats of a program that beats by itself, busy or not; `null`: hooks beat when something happens. */
  readonly beatsEvery: number | null;
  /** Milliseconds without any change after which a busy agent counts as hung. */
  readonly hungAfter: number;
}

export interface Submission {
  /** Bytes that submit what the composer holds. */
  readonly key: string;
  /** The same during a turn, so that the text is kept for the next one. */
  readonly keyWhileBusy: string;
  /** Milliseconds between a paste and the key. */
  readonly settleMs: number;
  readonly queuesWhileBusy: boolean;
}

/** Something that a screen shows, and where it counts: anywhere else it may be a part of what the agent said. */
export interface Sign {
  readonly pattern: RegExp;
  /** `above` and `below` the composer, `inside` it, at the `end` of the screen, or at its end where there is no composer. */
  readonly where: 'above' | 'below' | 'inside' | 'end' | 'instead';
  /** So many rows that are not blank, from the composer or the end. */
  readonly within: number;
}

export interface ScreenSigns {
  readonly composer: Composing;
  /** Labels that stand for a long paste. */
  readonly folded: RegExp | null;
  readonly dialog: readonly Sign[];
  readonly limited: readonly Sign[];
  readonly busy: readonly Sign[];
}

/** A running program: its environment decides where it writes. */
export interface Place {
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly pid: number;
  /** Absolute; empty where it cannot be read. */
  readonly cwd: string;
}

/** A file in which a program says itself what it does. */
export interface StateFile {
  readonly path: (place: Place) => string;
  /** `null`: it is no such file, or not of this process. */
  readonly read: (text: string, place: Place) => RuntimeState | null;
}

export interface RuntimeState {
  /** Field 22 of `/proc/PID/stat` of who wrote it; `null` where it does not say. */
  readonly startTime: number | null;
  /** `unknown` for words that are not known here. */
  readonly state: ActivityState;
  /** RFC 3339, UTC. */
  readonly at: string | null;
  readonly detail: string;
  /** Absolute path of the conversation's transcript. */
  readonly transcript: string | null;
}

/** One JSON value a line. */
export interface Transcript {
  /** Where it is, as far as that follows from the place alone. */
  readonly locate: (place: Place) => Location | null;
  readonly record: (value: JsonObject) => TranscriptRecord | null;
  /** Every end of a turn is in it: a hook that tells of one before that speaks of another conversation, such as one that finds a title. */
  readonly tellsEnds: boolean;
}

export type Location =
  | { readonly kind: 'file'; readonly path: string }
  /** The file changed last in a directory. */
  | { readonly kind: 'newest'; readonly directory: string; readonly name: RegExp }
  /** The file that the process has open below a directory. */
  | { readonly kind: 'open'; readonly directory: string; readonly name: RegExp };

export type JsonObject = Readonly<Record<string, unknown>>;

/** What a line says. `turn`: a turn began with this text. `queued`: it was taken for a later one. `working`, `done`, `limited`: how the turn stands. */
export type TranscriptRecord =
  | { readonly kind: 'turn' | 'queued'; readonly text: string; readonly at: string | null }
  | { readonly kind: 'working' | 'done' | 'limited'; readonly at: string | null; readonly detail: string };
