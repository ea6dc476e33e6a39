import type { ConnectorClock } from '../../model/connectors.ts';
import { backOff } from './back-off.ts';

/** Queues that wait before they are tried again, by lane. */
export interface Holds {
  /** For as long as the server says, else for longer each time. */
  hold(lane: string, why: string, givenMs?: number): void;
  /** It has got on: the next failure is a first one. */
  gotOn(lane: string): void;
  /** Milliseconds until it may be tried again; 0: now. */
  waitOf(lane: string): number;
  /** Forgets lanes that are not there any more. */
  keepOnly(isThere: (lane: string) => boolean): void;
  /** Those that wait now. */
  state(): readonly Held[];
}

/** `until`: RFC 3339, UTC. */
export interface Held {
  readonly until: string;
  readonly why: string;
}

export function openHolds(clock: Pick<ConnectorClock, 'date' | 'now' | 'random'>): Holds {
  /** `until`: monotonic. */
  const holds = new Map<string, { readonly until: number; readonly why: string }>();
  const failures = new Map<string, number>();
  const waitOf = (lane: string): number => Math.max(0, (holds.get(lane)?.until ?? 0) - clock.now());
  return {
    hold: (lane, why, givenMs) => {
      const count = (failures.get(lane) ?? 0) + 1;
      failures.set(lane, count);
      const pause = givenMs === undefined ? backOff(count, clock.random) : Math.max(0, givenMs);
      holds.set(lane, { until: clock.now() + pause, why });
    },
    gotOn: (lane) => void failures.delete(lane),
    waitOf,
    keepOnly: (isThere) => {
      for (const lane of [...holds.keys(), ...failures.keys()])
        if (!isThere(lane)) {
          holds.delete(lane);
          failures.delete(lane);
        }
    },
    state: () =>
      [...holds].flatMap(([lane, { why }]) => {
        const wait = waitOf(lane);
        return wait > 0 ? [{ until: new Date(clock.date().getTime() + wait).toISOString(), why }] : [];
      }),
  };
}
