import type { ControllerStatus, HistoryEntry } from '../model/controller.ts';
import type { HistoryReader } from '../model/controller-ports.ts';
import type { Outcome } from './recorder.ts';

type Event = Extract<HistoryEntry, { kind: 'controller' }>;

export interface LastRun {
  /** What it wrote last of revisions: an outcome, or two that belong together. */
  readonly outcomes: readonly Outcome[];
  /** What is to be said of its end; `null`: it ended by itself, or there was none. */
  readonly cutShort: string | null;
}

/** What the history tells of the run before this one; where it cannot be read, nothing. */
export async function lastRun(
  history: Pick<HistoryReader, 'newest'>,
  lastStatus: () => Promise<ControllerStatus | null>,
): Promise<LastRun> {
  const outcomes = lastOutcomes(await history.newest(isOutcome, 2).catch(() => []));
  const [bound] = await history.newest(isBound, 1).catch(() => []);
  if (bound?.event !== 'started') return { outcomes, cutShort: null };
  const words = `the run that began at ${bound.at} was cut short`;
  // Told by one that did not come to say that it began.
  const [said] = await history.newest(isEvent, 1).catch(() => []);
  if (said?.event === 'failed' && said.message.startsWith(words)) return { outcomes, cutShort: null };
  const heard = (await lastStatus().catch(() => null))?.last_pass?.at;
  const last = heard === undefined || heard < bound.at ? '' : `; its last pass was at ${heard}`;
  return { outcomes, cutShort: `${words}: killed, or the machine went down${last}` };
}

/** A return comes with the quarantine that is its reason. */
export const lastOutcomes = (outcomes: readonly Outcome[]): readonly Outcome[] =>
  outcomes.slice(outcomes.at(-1)?.outcome === 'returned' ? -2 : -1);

export const isOutcome = (entry: HistoryEntry): entry is Outcome => entry.kind === 'revision';

const isEvent = (entry: HistoryEntry): entry is Event => entry.kind === 'controller';

/** A failure is told in the middle of a run. */
const isBound = (entry: HistoryEntry): entry is Event => isEvent(entry) && entry.event !== 'failed';
