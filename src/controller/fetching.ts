import type { RevisionSource } from '../model/controller-ports.ts';
import { messageOf } from '../model/message-of.ts';

/**
 * Fetches again and again; each time at another moment, so that a thousand hosts do not ask at once. Tells of a failure once, until there
 * is another. Gives the function that ends it.
 */
export function fetchEvery(
  intervalMs: number,
  source: Pick<RevisionSource, 'fetch'>,
  random: () => number,
  onFailure: (why: string) => void,
): () => void {
  let timer: NodeJS.Timeout | undefined;
  let ended = false;
  let failing = '';
  const fetchOnce = async (): Promise<void> => {
    const why = await source.fetch().then(
      () => '',
      (error: unknown) => messageOf(error),
    );
    if (ended) return;
    if (why !== failing && why !== '') onFailure(why);
    failing = why;
    next();
  };
  const next = (): void => {
    timer = setTimeout(fetchOnce, intervalMs * (0.9 + 0.2 * random()));
  };
  next();
  return () => {
    ended = true;
    clearTimeout(timer);
  };
}
