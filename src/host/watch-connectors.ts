import type { ObservedConnector } from '../model/observation.ts';
import type { FileReader } from '../model/ports.ts';

/**
 * Says that a connector tells something else of itself than `everyMs` milliseconds ago, or nothing any more; gives the function that ends it.
 * Each tells every few seconds that it is as it was: that is no change.
 */
export function watchConnectors(files: Pick<FileReader, 'connectors'>, everyMs: number, onChange: () => void): () => void {
  let before: string | null = null;
  let ended = false;
  let timer: NodeJS.Timeout | null = null;

  const look = async (): Promise<void> => {
    const now = await files.connectors().then(signature, () => 'unreadable');
    if (ended) return;
    const changed = before !== null && before !== now;
    before = now;
    timer = setTimeout(look, everyMs);
    if (changed) onChange();
  };
  void look();

  return () => {
    ended = true;
    if (timer !== null) clearTimeout(timer);
  };
}

const signature = (connectors: Readonly<Record<string, ObservedConnector>>): string =>
  JSON.stringify(
    Object.entries(connectors)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([fleet, { invocation, fresh, healthy, problems }]) => [
        fleet,
        invocation,
        fresh,
        healthy,
        problems.map(({ reason }) => reason),
      ]),
  );
