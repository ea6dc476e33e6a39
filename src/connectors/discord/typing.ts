import type { ConnectorClock, Courtesy } from '../../model/connectors.ts';
import type { Rest } from './rest.ts';
import { isSnowflake, type Snowflake } from './snowflake.ts';

/** Shows that somebody types, until told otherwise. */
export interface Typing {
  sign(courtesy: Courtesy): void;
  close(): void;
}

/** Discord shows it for 10 seconds. */
const everyMs = 8000;
/** Whoever forgets to end it does not type for ever. */
const mostMs = 15 * 60_000;

export function openTyping(rest: Rest, clock: ConnectorClock, channelId: Snowflake): Typing {
  const running = new Map<Snowflake, AbortController>();
  const type = async (wanted: Snowflake, stop: AbortSignal): Promise<void> => {
    let target = wanted;
    for (let spent = 0; spent < mostMs && !stop.aborted; spent += everyMs) {
      const answer = await rest.call({ method: 'POST', path: `/channels/${target}/typing` }, stop);
      const isAbsent = answer.kind === 'denied' && answer.code === 10_003 && target !== channelId;
      if (!isAbsent && (answer.kind === 'denied' || answer.kind === 'unauthorized')) return;
      if (isAbsent) {
        // A thread that begins with the answer is not there yet.
        target = channelId;
        continue;
      }
      await clock.sleep(everyMs, stop);
    }
  };
  const end = (target: Snowflake): void => {
    running.get(target)?.abort();
    running.delete(target);
  };
  return {
    sign: (courtesy) => {
      if (courtesy.sign !== 'typing') return;
      const target = courtesy.threadId ?? channelId;
      if (!isSnowflake(target) || (courtesy.on && running.has(target))) return;
      end(target);
      if (!courtesy.on) return;
      const stop = new AbortController();
      running.set(target, stop);
      void type(target, stop.signal).then(() => {
        if (running.get(target) === stop) running.delete(target);
      });
    },
    close: () => {
      for (const target of [...running.keys()]) end(target);
    },
  };
}
