import { Option } from 'commander';
import { type Definitions, withEdit } from './define.ts';

/** Edits of rosters. */
export const ofEdits: Definitions = {
  add: ({ muster, run, context }) => {
    withEdit(muster.command('add <name>').description('write an agent into a roster, comments and style kept'))
      .option('--runtime <runtime>', "what starts it (default: the roster's)")
      .option('--class <class>', 'what it is for (default: worker)')
      .option('--model-hint <model>', "model, in the runtime's own spelling")
      .option('--working-directory <dir>', 'such as ~/src/app')
      .option('--env <name=value>', 'a variable; may be said again', (pair: string, all: string[]) => [...all, pair], [])
      .option('--persistent-persona', 'it goes on with its conversation when it starts again')
      .option('--ephemeral', 'it ends when its work ends')
      .option('--disabled', 'it does not start at boot')
      .addOption(new Option('--on-change <what>', 'what a changed configuration does to it').choices(['restart', 'next-start']))
      .option('--memory-max <bytes>', 'such as 4G')
      .option('--cpu-weight <n>', '1 to 10000')
      .option('--tasks-max <n>', 'processes and threads')
      .option('--no-start', 'it is stopped at first')
      .action(run(async ([name = ''], flags) => (await import('../add.ts')).add(name, flags, context)));
  },
  remove: ({ muster, run, context }) => {
    withEdit(muster.command('remove <name>').description('take an agent out of its roster, comments and style kept'))
      .option('--keep-files', 'only stop it: its entry stays in the roster, and its files on the host')
      .option('--no-start', 'leave the host as it is for now (default)')
      .action(run(async ([name = ''], flags) => (await import('../remove.ts')).remove(name, flags, context)));
  },
  set: ({ muster, run, context }) => {
    withEdit(muster.command('set <name> [setting...]').description('set keys of an agent, such as resources.memory_max=4G'))
      .option('--unset <key>', 'take a key away; may be said again', (key: string, all: string[]) => [...all, key], [])
      .action(run(async ([name = '', ...pairs], flags) => (await import('../set.ts')).set(name, pairs, flags, context)));
  },
};
