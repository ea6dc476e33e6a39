import { type Command, Option } from 'commander';
import type { Context, ExitStatus } from '../context.ts';

/** What a definition is made with. */
export interface Tools {
  readonly muster: Command;
  readonly run: Run;
  readonly context: Context;
}

/** Makes a command's action of what carries it out. */
export type Run = (command: (args: string[], flags: never) => Promise<ExitStatus>) => (...given: unknown[]) => Promise<void>;

/** Commands by name: each adds itself to the program. Their code is loaded only when they run. */
export type Definitions = Readonly<Record<string, (tools: Tools) => void>>;

export function withSource(command: Command): Command {
  return command
    .option('--rosters <dir>', 'roster directory in the repository', 'rosters')
    .option('--ref <rev>', 'revision to read: only what is committed counts', 'HEAD')
    .option('--worktree', 'read the files as they are, committed or not')
    .option('--host <name>', "instead of this host's name")
    .option('--tenant <name>', "instead of the user's name")
    .option('--json', 'the same as --format json');
}

export const withEdit = (command: Command): Command =>
  withText(command)
    .option('--fleet <fleet>', 'in which fleet (default: the one of this pane, or the only one)')
    .option('--rosters <dir>', 'roster directory (default: rosters here, else those that this host follows)', 'rosters')
    .option('--commit', 'commit the file, and nothing else')
    .option('--start', 'with --commit: carry it out on this host, too')
    .option('-y, --yes', 'do not ask before it is carried out')
    .option('--dry-run', 'show the edit, and write nothing');

export const withText = (command: Command): Command =>
  command.option('--json', 'the same as --format json').addOption(formatOption(['text', 'json']));

export const withTarget = (command: Command): Command =>
  withText(command).option('--agent', 'it is the name of an agent').option('--fleet', 'it is the name of a fleet');

export const formatOption = (choices: readonly string[]): Option =>
  new Option('--format <format>', 'how to print it').choices([...choices]).default('text');
