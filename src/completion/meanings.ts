/** What a word may be: names of what is here, paths, or words that are known beforehand. */
export type Meaning =
  | 'agents'
  | 'fleets'
  | 'agents-and-fleets'
  | 'classes'
  | 'refs'
  | 'files'
  | 'directories'
  | 'program'
  | 'nothing'
  | readonly string[];

/**
 * By the name of a place or value in the help; with its command before it where that says more. Whatever is not here completes to
 * nothing; a test asks that each has been thought of.
 */
export const meanings = (known: KnownWords): Readonly<Record<string, Meaning>> => ({
  name: 'agents',
  'history name': 'agents-and-fleets',
  'suspend name': 'agents-and-fleets',
  'resume name': 'agents-and-fleets',
  // A new one.
  'add name': 'nothing',
  // Of hosts and users.
  '--host name': 'nothing',
  '--tenant name': 'nothing',
  '--hostname name': 'nothing',
  fleet: 'fleets',
  sender: 'agents',
  dir: 'directories',
  file: 'files',
  path: 'files',
  rev: 'refs',
  branch: 'refs',
  runtime: known.runtimes,
  class: 'classes',
  state: known.states,
  shell: known.shells,
  connector: known.connectors,
  system: known.ciSystems,
  preset: known.presets,
  profile: known.presets,
  command: 'program',
  action: ['health', 'set', 'login', 'serve'],
  kind: known.connectors,
  'connector key': 'nothing',
  'help command': known.commands,
  setting: known.settings,
  key: known.settings.map((setting) => setting.replace(/=$/, '')),
  ...Object.fromEntries(free.map((name) => [name, 'nothing'])),
});

/** What only whoever types it knows. */
const free = ['text', 'title', 'pair', 'id', 'n', 'length', 'time', 'url', 'model', 'name=value', 'bytes', 'event'] as const;

export interface KnownWords {
  readonly runtimes: readonly string[];
  readonly states: readonly string[];
  readonly shells: readonly string[];
  readonly presets: readonly string[];
  readonly connectors: readonly string[];
  readonly ciSystems: readonly string[];
  readonly commands: readonly string[];
  /** Keys of an agent, with the `=` that follows. */
  readonly settings: readonly string[];
}
