import { setTimeout } from 'node:timers/promises';
import type { ConnectorClock } from '../model/connectors.ts';
import type { Context } from './context.ts';

/** The clock of this process, for a connector and its bridge. */
export const connectorClock = ({ date, now }: Pick<Context, 'date' | 'now'>): ConnectorClock => ({
  date,
  now,
  sleep: (milliseconds, stop) => setTimeout(milliseconds, undefined, { ...(stop && { signal: stop }) }).catch(() => {}),
  random: Math.random,
});
