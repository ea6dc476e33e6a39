import type { ServerResponse } from 'node:http';
import type { Control } from '../model/control.ts';
import type { HistoryEntry } from '../model/controller.ts';
import { Problem } from './problem.ts';

/** What may wait for one client, in bytes; one that reads more slowly than that is dropped. */
const backlog = 1024 * 1024;
const most = 16;

export interface EventStreams {
  /** Sends every entry from now on, one a line, until the client goes away. */
  readonly open: (response: ServerResponse) => void;
  readonly close: () => void;
}

export function eventStreams(control: Pick<Control, 'onEntry'>): EventStreams {
  const streams = new Set<() => void>();
  return {
    open: (response) => {
      if (streams.size >= most)
        throw new Problem('too-many', `${most} clients already follow the events`, 'End one of them, then try again.');
      response.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' });
      response.flushHeaders();
      const unsubscribe = control.onEntry((entry) => send(entry, response));
      const end = (): void => {
        if (streams.delete(end)) unsubscribe();
        response.destroy();
      };
      streams.add(end);
      response.once('close', end);
    },
    close: () => {
      for (const end of streams) end();
    },
  };
}

function send(entry: HistoryEntry, response: ServerResponse): void {
  if (response.destroyed) return;
  if (response.writableLength > backlog) response.destroy();
  else response.write(`${JSON.stringify(entry)}\n`);
}
