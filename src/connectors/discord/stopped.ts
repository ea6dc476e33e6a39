/** It was told to stop. */
export class Stopped extends Error {}

/** Whoever else is waited for may take for ever. Rejects with `Stopped`. */
export const orStopped = <T>(work: Promise<T>, stop: AbortSignal): Promise<T> =>
  new Promise((resolve, reject) => {
    const onStop = (): void => reject(new Stopped());
    if (stop.aborted) onStop();
    stop.addEventListener('abort', onStop, { once: true });
    work.then(resolve, reject).finally(() => stop.removeEventListener('abort', onStop));
  });
