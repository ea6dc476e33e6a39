import type { ConnectorClock, ConnectorHealth } from '../../model/connectors.ts';

/** Whether a connector that says this of itself now still comes forward. */
export type Progress = (health: ConnectorHealth) => boolean;

/** Whatever a connector waits for is over by then, or is told as `retryAt`: each of its requests, answers and pauses is shorter. */
const standsStillMs = 15 * 60_000;

/**
 * Listening that works shows in what is told of it: a contact, a failure, a next try, however long the server is away. Where nothing of that
 * moves the connector hangs; a person is not to be waited for then, a process that begins anew helps. Told by the monotonic clock.
 */
export function progress({ date, now }: Pick<ConnectorClock, 'date' | 'now'>): Progress {
  let shown = '';
  let until = Number.POSITIVE_INFINITY;
  return (health) => {
    const sign = JSON.stringify(health);
    if (sign !== shown) {
      shown = sign;
      until = now() + standsStillMs + pauseOf(health, date());
    }
    return now() < until || waitsForPerson(health);
  };
}

/** A time that is none is not waited for. */
const pauseOf = ({ retryAt }: ConnectorHealth, at: Date): number => Math.max(0, Date.parse(retryAt ?? '') - at.getTime() || 0);

const waitsForPerson = ({ phase, authenticated, missing }: ConnectorHealth): boolean =>
  phase === 'stopped' && (authenticated === false || missing.length > 0);
