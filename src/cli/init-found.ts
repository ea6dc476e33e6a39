import path from 'node:path';
import type { HostFacts } from '../model/observation.ts';
import { agentSearchPath } from '../model/search-path.ts';
import { builtinRuntimes } from '../roster/runtimes.ts';
import type { Context } from './context.ts';
import { withHost } from './host.ts';

/** Built-in runtimes but the stub whose program units of this user would find, in the order in which they are offered. */
export async function runtimesHere(facts: HostFacts, context: Context): Promise<readonly string[]> {
  return withHost(facts, context, async ({ readers }) => {
    const environment = await readers.units.environment().catch(() => ({ PATH: context.env.PATH ?? '/usr/bin:/bin' }));
    const search = agentSearchPath(facts, environment, null);
    const wanted = Object.entries(builtinRuntimes).filter(([name]) => name !== 'stub');
    const found = await readers.files.find(
      Object.fromEntries(wanted.map(([name, { command }]) => [name, { command, path: search }])),
    );
    return wanted.map(([name]) => name).filter((name) => found[name] != null);
  });
}

/** The directory of a working directory as a roster writes it. */
export const expanded = (directory: string, { home }: HostFacts): string =>
  directory === '~' || directory.startsWith('~/') ? path.join(home, directory.slice(2)) : directory;
