import { createHash } from 'node:crypto';
import { messageOf } from '../../model/message-of.ts';
import type { RecordLog } from '../../model/record-log.ts';
import type { OutboundRecord } from '../bridge/records.ts';
import { outboundMessage, queue } from '../bridge/say.ts';

export interface Said {
  readonly key: string;
  readonly fleet: string;
  readonly text: string;
}

export interface Announcing {
  /** Outbound journal of a fleet; `null`: it has no connector. */
  readonly journal: (fleet: string) => Promise<RecordLog<OutboundRecord> | null>;
  readonly date: () => Date;
  /** Told once for each run of failures. */
  readonly onFailure: (why: string) => void;
}

export interface Announcer {
  /** Never throws, and nothing waits for it: what cannot be queued now is tried again the next time it is given. */
  say(all: readonly Said[]): void;
  /** Resolves once what is being written is. */
  settled(): Promise<void>;
}

/** Announcements of one fleet in an hour; what is more waits for its turn, and is not said when it is over by then. */
const mostPerHour = 12;
const hourMs = 60 * 60_000;

/** Says each thing once, by its key: here, and by the journal, which knows what was said before a crash. */
export function announcer({ journal, date, onFailure }: Announcing): Announcer {
  const said = new Set<string>();
  const times = new Map<string, number[]>();
  let writing: Promise<void> | null = null;
  let isFailing = false;

  const one = async ({ key, fleet, text }: Said): Promise<void> => {
    const id = idOf(fleet, key);
    const now = date().getTime();
    const recent = (times.get(fleet) ?? []).filter((at) => now - at < hourMs);
    if (said.has(id) || recent.length >= mostPerHour) return;
    const log = await journal(fleet);
    if (log === null) return;
    const queued = await queue(log, outboundMessage({ id, text, sender: 'muster', at: date().toISOString() }));
    if (!queued.queued) throw new Error(queued.problem);
    said.add(id);
    if (!queued.known) times.set(fleet, [...recent, now]);
  };

  const write = async (all: readonly Said[]): Promise<void> => {
    for (const each of all) {
      try {
        await one(each);
        isFailing = false;
      } catch (error) {
        if (!isFailing) onFailure(messageOf(error));
        isFailing = true;
      }
    }
  };

  return {
    say: (all) => {
      if (writing !== null || all.every(({ key, fleet }) => said.has(idOf(fleet, key)))) return;
      writing = write(all).finally(() => {
        writing = null;
      });
    },
    settled: async () => {
      await writing;
    },
  };
}

const idOf = (fleet: string, key: string): string =>
  `told-${createHash('sha256').update(`${fleet}\0${key}`).digest('hex').slice(0, 40)}`;
