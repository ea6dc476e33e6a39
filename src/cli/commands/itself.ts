import { Argument } from 'commander';
import { type Shell, shells } from '../../views/completion.ts';
import type { Definitions } from './define.ts';
import { examples } from './examples.ts';

/** What Muster says of itself, and its private hosts. */
export const ofItself: Definitions = {
  sandbox: ({ muster, run, context }) => {
    muster
      .command('sandbox [command...]')
      .description('run a command (default: a shell) on a private host: own user manager, bus and tmux')
      .option('--hostname <name>', 'name of the private host')
      .option('--keep <path...>', 'paths that stay visible inside')
      .addHelpText('after', sandboxHelp)
      .action(run(async (command, flags) => (await import('../sandbox.ts')).sandbox(command, flags, context)));
  },
  completion: ({ muster, run, context }) => {
    muster
      .command('completion')
      .description('what a shell reads to complete commands, flags and names: docs/cli.md')
      .addArgument(new Argument('<shell>', 'which shell').choices(shells))
      .action(run(async ([shell], _flags) => (await import('../completion.ts')).completion(shell as Shell, context)));
  },
  complete: ({ muster, run, context }) => {
    muster
      .command('complete', { hidden: true })
      .argument('[word...]')
      .action(run(async (words) => (await import('../complete.ts')).complete(words, muster, context)));
  },
  man: ({ muster, run, context }) => {
    muster.command('man', { hidden: true }).action(run(async () => (await import('../man.ts')).man(muster, examples, context)));
  },
};

const sandboxHelp = `
Inside: systemctl --user, tmux and muster work on the private host alone, and
  reboot       the manager ends; it comes back by itself only if linger was set
  power-loss   everything ends at once, without a goodbye
  login        starts the manager again where it stayed down
`;
