import type { ConnectorReport } from '../../model/connector-spec.ts';
import { healthEveryMs } from '../../model/connector-spec.ts';
import type { ConnectorClock } from '../../model/connectors.ts';
import { messageOf } from '../../model/message-of.ts';

export interface Telling {
  readonly report: () => ConnectorReport | Promise<ConnectorReport>;
  readonly write: (report: ConnectorReport) => Promise<void>;
  /** After each look, also where it could not be told; `null`: nobody knows how it is. */
  readonly onLook: (report: ConnectorReport | null) => void;
  /** A problem that was not there before, and one that is over. */
  readonly onProblem: (detail: string, blocking: boolean) => void;
  readonly onMended: (detail: string) => void;
  readonly clock: Pick<ConnectorClock, 'now' | 'sleep'>;
}

const lookEveryMs = 1000;

/** Tells how a bridge is at each change, and every few seconds, until it is stopped. That it cannot be told is a problem, and no reason to end. */
export async function tellHealth(
  { report, write, onLook, onProblem, onMended, clock }: Telling,
  stop: AbortSignal,
): Promise<void> {
  let shown = '';
  let writtenAt = Number.NEGATIVE_INFINITY;
  let known = new Map<string, string>();
  while (!stop.aborted) {
    const problems = new Map<string, string>();
    let now: ConnectorReport | null = null;
    try {
      now = await report();
      for (const { reason, detail, blocking } of now.problems) {
        problems.set(reason, detail);
        if (!known.has(reason)) onProblem(`${reason}: ${detail}`, blocking);
      }
      const sign = signOf(now);
      if (sign !== shown || clock.now() - writtenAt >= healthEveryMs - lookEveryMs / 2) {
        await write(now);
        shown = sign;
        writtenAt = clock.now();
      }
    } catch (error) {
      const detail = messageOf(error);
      problems.set('untold', detail);
      if (!known.has('untold')) onProblem(`untold: ${detail}`, false);
    }
    for (const [reason, detail] of known) if (!problems.has(reason)) onMended(`${reason}: ${detail}`);
    known = problems;
    onLook(now);
    await clock.sleep(lookEveryMs, stop);
  }
}

/** What counts as a change: numbers and times of a bridge that works move all the time. */
const signOf = ({ healthy, problems, connector: { phase } }: ConnectorReport): string =>
  JSON.stringify([healthy, phase, problems.map(({ reason, detail }) => [reason, detail])]);
