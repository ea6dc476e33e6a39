import { setTimeout } from 'node:timers/promises';
import { messageOf } from '../model/message-of.ts';
import type { HostReaders, HostWriters } from '../model/ports.ts';

/** A connection to the host, as far as the controller uses one. */
export interface Connection {
  readonly readers: HostReaders;
  readonly writers: () => HostWriters;
  watch(onChange: (unit: string | null) => void): Promise<{ readonly closed: Promise<void>; end(): void }>;
  alive(): Promise<void>;
  close(): Promise<void>;
}

/** A connected host whose writer lock is ours. */
export interface Station {
  readonly readers: HostReaders;
  readonly writers: HostWriters;
  readonly alive: () => Promise<void>;
  /** Aborts when the connection, and with it the lock, is lost. */
  readonly lost: AbortSignal;
  leave(): Promise<void>;
}

export type Attached = { readonly station: Station } | { readonly obstacle: string; readonly heldBy: string | null };

/** Connects, takes the lock, listens. What stands in the way is told; nothing stays open then. */
export async function attach(connect: () => Connection, onChange: () => void): Promise<Attached> {
  const connection = connect();
  try {
    const writers = connection.writers();
    const lock = await writers.lock.acquire('muster run');
    if ('heldBy' in lock) {
      await connection.close();
      return { obstacle: `somebody else is changing this host: ${lock.heldBy}`, heldBy: lock.heldBy };
    }
    const watch = await connection.watch(onChange);
    const leave = async (): Promise<void> => {
      watch.end();
      await lock.release();
      await connection.close();
    };
    const { readers, alive } = connection;
    return { station: { readers, writers, alive: () => alive.call(connection), lost: lostOf(watch.closed, writers), leave } };
  } catch (error) {
    await connection.close().catch(() => {});
    return { obstacle: messageOf(error), heldBy: null };
  }
}

/** A station; who has held the lock for longer than was waited; or `null`, as it is to end. */
export type Patience = Station | { readonly heldBy: string } | null;

export interface Patient {
  readonly signal: AbortSignal;
  /** How long somebody else may hold the lock. */
  readonly patienceMs: number;
  readonly now: () => number;
  readonly random: () => number;
  /** Told now and then. */
  readonly onAlive: () => void;
  readonly onObstacle: (obstacle: string) => void;
}

/** Until it succeeds, the signal aborts, or somebody else has held the lock for longer than `patienceMs`. */
export async function attachAtLast(
  attempt: () => Promise<Attached>,
  { signal, patienceMs, now, random, onAlive, onObstacle }: Patient,
): Promise<Patience> {
  const deadline = now() + patienceMs;
  for (let failures = 0; !signal.aborted; failures++) {
    const attached = await attempt();
    if ('station' in attached) return attached.station;
    if (attached.heldBy !== null && now() >= deadline) return { heldBy: attached.heldBy };
    onObstacle(attached.obstacle);
    if (failures % 10 === 0) onAlive();
    const ms = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(failures, 10)) * (0.8 + 0.4 * random());
    await setTimeout(ms, undefined, { signal }).catch(() => 'interrupted');
  }
  return null;
}

const firstPauseMs = 50;
const longestPauseMs = 5000;

function lostOf(closed: Promise<void>, writers: HostWriters): AbortSignal {
  const controller = new AbortController();
  void closed.then(() => controller.abort('the connection to the user manager is gone'));
  return AbortSignal.any([controller.signal, writers.lock.lost]);
}
