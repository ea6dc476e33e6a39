import { type FSWatcher, readdirSync, watch } from 'node:fs';
import path from 'node:path';
import { isName } from '../model/names.ts';
import { makeDirectory } from './durable.ts';
import { inboxesIn } from './inbox-index.ts';

/**
 * Says whose inbox was written to. A watch that cannot be had is none: whoever needs to know looks now and then, besides. Gives the
 * function that ends it. (Not chokidar: of two changes within a few milliseconds it keeps the second to itself.)
 */
export async function watchInboxes(stateDir: string, onWritten: (agent: string) => void): Promise<() => void> {
  const inboxes = inboxesIn(stateDir);
  await makeDirectory(inboxes, 0o700).catch(() => {});
  const watches = new Map<string, FSWatcher>();
  const follow = (agent: string): void => {
    const gone = (): void => void watches.delete(agent);
    const watcher = listen(path.join(inboxes, agent), () => onWritten(agent), gone);
    if (watcher !== null) watches.set(agent, watcher);
  };
  const root = listen(inboxes, (agent) => {
    if (!isName(agent)) return;
    // What was there under this name may have been removed meanwhile.
    watches.get(agent)?.close();
    watches.delete(agent);
    follow(agent);
    // It may have been written to before it was watched.
    onWritten(agent);
  });
  for (const agent of namesIn(inboxes).filter(isName)) if (!watches.has(agent)) follow(agent);
  return () => {
    root?.close();
    for (const watcher of watches.values()) watcher.close();
  };
}

function listen(directory: string, onChange: (name: string) => void, onGone: () => void = () => {}): FSWatcher | null {
  try {
    const watcher = watch(directory, { persistent: false }, (_event, name) => onChange(name ?? ''));
    watcher.on('error', () => {
      watcher.close();
      onGone();
    });
    return watcher;
  } catch {
    return null;
  }
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
