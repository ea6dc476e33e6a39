import { setTimeout } from 'node:timers/promises';
import type { Binding, HistoryEntry } from '../model/controller.ts';
import { messageOf } from '../model/message-of.ts';
import type { Outcome } from './recorder.ts';
import { short } from './revision.ts';

/** Where the operator wants to be told what became of a revision; `null`: not there. */
export interface Ears {
  readonly note: ((commit: string, text: string) => Promise<void>) | null;
  /** Facts by the name of a variable. */
  readonly hook: ((facts: Readonly<Record<string, string>>) => Promise<void>) | null;
}

export interface Feedback {
  readonly tell: (entry: HistoryEntry) => void;
  /** Resolves once all was told, or after so many milliseconds; what was not told then is told to `onFailure`, and to nobody else. */
  readonly end: (withinMs: number) => Promise<void>;
}

/** Tells of each outcome, one after another. What fails is told to `onFailure`, and keeps nothing else from being told. */
export function feedback({ note, hook }: Ears, binding: Binding, host: string, onFailure: (what: string) => void): Feedback {
  const waiting: Outcome[] = [];
  let last = Promise.resolve();
  const tellFirst = async (): Promise<void> => {
    const [entry] = waiting;
    // Given up meanwhile.
    if (entry === undefined) return;
    const { subject, outcome, message, at } = entry;
    await note?.(subject, `${outcome} on ${host} at ${at}\n${message}\n`).catch((error: unknown) =>
      onFailure(`no note was written: ${messageOf(error)}`),
    );
    await hook?.(factsOf(entry, binding, host)).catch((error: unknown) => onFailure(`the hook failed: ${messageOf(error)}`));
    if (waiting[0] === entry) waiting.shift();
  };
  return {
    tell: (entry) => {
      if (entry.kind !== 'revision' || (note === null && hook === null)) return;
      waiting.push(entry);
      last = last.then(tellFirst);
    },
    end: async (withinMs) => {
      await within(withinMs, last);
      for (const { subject, outcome } of waiting.splice(0))
        onFailure(`it ends now: nobody waits for what is told of ${short(subject)}, ${outcome}`);
    },
  };
}

async function within(ms: number, work: Promise<void>): Promise<void> {
  const late = new AbortController();
  await Promise.race([work, setTimeout(ms, undefined, { signal: late.signal }).catch(() => {})]);
  late.abort();
}

const factsOf = ({ subject, outcome, message, at }: Outcome, { repository, ref }: Binding, host: string) => ({
  MUSTER_REVISION: subject,
  MUSTER_OUTCOME: outcome,
  MUSTER_MESSAGE: message,
  MUSTER_AT: at,
  MUSTER_HOST: host,
  MUSTER_REPOSITORY: repository,
  MUSTER_REF: ref,
});
