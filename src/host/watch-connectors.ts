import type { ObservedConnector } from '../model/observation.ts';
import type { FileReader } from '../model/ports.ts';
import { pollForChange } from './poll.ts';

/**
 * Says that a connector tells something else of itself than `everyMs` milliseconds ago, or nothing any more; gives the function that ends it.
 * Each tells every few seconds that it is as it was: that is no change.
 */
export function watchConnectors(files: Pick<FileReader, 'connectors'>, everyMs: number, onChange: () => void): () => void {
  return pollForChange(async () => signature(await files.connectors()), everyMs, onChange);
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
