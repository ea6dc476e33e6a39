import type { ServiceNotifier } from '../host/notify.ts';

/** TimeoutStartSec of the connector's unit: who has not been heard to be up by then is ended. */
const startMs = 60_000;

/**
 * Tells systemd with each sign of life how a service is, every `everyMs` milliseconds that it lives, and as long as systemd may still wait for
 * that, again that it is up. Said later, systemd would tell everybody who listens of a change that is none.
 */
export function signsOfLife(
  notifier: Pick<ServiceNotifier, 'status' | 'alive' | 'readyAndAlive'>,
  everyMs: number,
  now: () => number,
): (status: string) => void {
  let begunAt: number | null = null;
  let toldAt = Number.NEGATIVE_INFINITY;
  return (status) => {
    const at = now();
    begunAt ??= at;
    const isDue = at - toldAt >= everyMs;
    if (isDue) toldAt = at;
    if (isDue && at - begunAt <= startMs) {
      void notifier.readyAndAlive(status);
      return;
    }
    void notifier.status(status);
    if (isDue) void notifier.alive();
  };
}
