import type { Path } from '../model/roster.ts';

/** Keys of each block of the format, by the block's path with names and indices as `*`. A test holds it to the schema. */
export const knownKeys: Readonly<Record<string, readonly string[]>> = {
  '': ['version', 'fleet', 'profile', 'host', 'tenant', 'transport', 'tmux', 'defaults', 'runtimes', 'connector', 'agents'],
  tmux: ['socket_name', 'holder_session'],
  defaults: ['runtime', 'working_directory'],
  'runtimes.*': ['command', 'args', 'env', 'like'],
  connector: ['kind', 'operators', 'tmux', 'matrix', 'discord'],
  'agents.*': [
    'name',
    'runtime',
    'class',
    'persistent_persona',
    'model_hint',
    'working_directory',
    'env',
    'enabled',
    'state',
    'lifecycle',
    'on_change',
    'resources',
  ],
  'agents.*.resources': ['memory_max', 'cpu_weight', 'tasks_max'],
};

/** The block that a path stands for in `knownKeys`. */
export function blockOf(path: Path): string {
  return path
    .map((step, depth) => (depth === 1 && (path[0] === 'agents' || path[0] === 'runtimes') ? '*' : String(step)))
    .join('.');
}

/** Where else a key belongs, such as `runtimes.NAME` for `command`. */
export function homeOf(key: string): string | null {
  const home = Object.entries(knownKeys).find(([block, keys]) => block !== '' && keys.includes(key))?.[0];
  if (home === undefined) return knownKeys['']?.includes(key) ? 'the top level' : null;
  return `\`${home.replace('runtimes.*', 'runtimes.NAME').replace('agents.*', 'agents[…]')}\``;
}
