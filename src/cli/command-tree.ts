import type { Command, Option } from 'commander';
import type { CommandFlag, CommandShape, CommandTree } from '../model/command-tree.ts';

/** The program as data; hidden commands are left out, `help` is in it. */
export function treeOf(program: Command): CommandTree {
  const help = program.createHelp();
  return {
    description: program.description(),
    flags: help.visibleOptions(program).map(flagOf),
    commands: help.visibleCommands(program).map((command) => shapeOf(command, help.visibleOptions(command))),
  };
}

const shapeOf = (command: Command, options: readonly Option[]): CommandShape => ({
  name: command.name(),
  aliases: command.aliases(),
  description: command.description(),
  places: command.registeredArguments.map((place) => ({
    name: place.name(),
    required: place.required,
    variadic: place.variadic,
  })),
  flags: options.map(flagOf),
});

function flagOf(option: Option): CommandFlag {
  const { short, long, description, variadic, argChoices, defaultValue } = option;
  return {
    short: short ?? null,
    long: long ?? '',
    description,
    value: /[<[]([^>\]]+?)(?:\.\.\.)?[>\]]$/.exec(option.flags)?.[1] ?? null,
    variadic,
    choices: argChoices ?? [],
    default: typeof defaultValue === 'string' ? defaultValue : null,
  };
}
