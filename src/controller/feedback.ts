import type { Binding, HistoryEntry } from '../model/controller.ts';
import { messageOf } from '../model/message-of.ts';

/** Where the operator wants to be told what became of a revision; `null`: not there. */
export interface Ears {
  readonly note: ((commit: string, text: string) => Promise<void>) | null;
  /** Facts by the name of a variable. */
  readonly hook: ((facts: Readonly<Record<string, string>>) => Promise<void>) | null;
}

type Outcome = Extract<HistoryEntry, { kind: 'revision' }>;

/** Tells of each outcome, one after another. What fails is told to `onFailure`, and harms nothing. */
export function feedback(
  { note, hook }: Ears,
  binding: Binding,
  host: string,
  onFailure: (what: string) => void,
): (entry: HistoryEntry) => void {
  let last = Promise.resolve();
  const tell = async (entry: Outcome): Promise<void> => {
    const { subject, outcome, message, at } = entry;
    await note?.(subject, `${outcome} on ${host} at ${at}\n${message}\n`).catch((error: unknown) =>
      onFailure(`no note was written: ${messageOf(error)}`),
    );
    await hook?.(factsOf(entry, binding, host)).catch((error: unknown) => onFailure(`the hook failed: ${messageOf(error)}`));
  };
  return (entry) => {
    if (entry.kind === 'revision') last = last.then(() => tell(entry));
  };
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
