import { Command, CommanderError } from 'commander';
import { PortError } from '../model/ports.ts';
import { ofAgents } from './commands/agents.ts';
import { ofConnectors } from './commands/connectors.ts';
import { ofController } from './commands/controller.ts';
import type { Definitions, Run } from './commands/define.ts';
import { ofEdits } from './commands/edits.ts';
import { examples } from './commands/examples.ts';
import { ofItself } from './commands/itself.ts';
import { ofRosters } from './commands/rosters.ts';
import { type Context, type ExitStatus, exitStatus } from './context.ts';
import type { OutputFlags } from './flags.ts';
import { showRefusal, tell } from './output.ts';
import { Refusal, refuse } from './refusal.ts';

/** Parses the command line and runs the one command it names. Gives the exit status; rejects only for what nobody foresaw. */
export async function runCommandLine(argv: readonly string[], context: Context): Promise<ExitStatus> {
  let status: ExitStatus = exitStatus.done;
  let flags: OutputFlags = {};
  const run =
    (command: (args: string[], flags: never) => Promise<ExitStatus>) =>
    async (...given: unknown[]): Promise<void> => {
      const self = given.at(-1) as Command;
      flags = self.optsWithGlobals();
      const explicit = ['ref', 'rosters', 'worktree'].some((option) => self.getOptionValueSource(option) === 'cli');
      status = await command(self.args, { ...(self.optsWithGlobals() as object), explicit } as never);
    };
  try {
    await program(argv, run, context).parseAsync(argv, { from: 'user' });
    return status;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitStatus.done : exitStatus.usage;
    const refusal = error instanceof PortError ? hostFailure(error) : error;
    if (!(refusal instanceof Refusal)) throw error;
    showRefusal(refusal, flags, context);
    return refusal.status;
  }
}

const hostFailure = ({ message }: PortError): Refusal =>
  refuse({
    code: 'host/unreadable',
    summary: 'this host could not be worked with',
    detail: message,
    hint: 'See muster plan for what can be read of it.',
  });

const definitions: Definitions = { ...ofRosters, ...ofEdits, ...ofController, ...ofAgents, ...ofConnectors, ...ofItself };
/** As `--help` lists them. */
const order = [
  'validate',
  'plan',
  'apply',
  'ps',
  'init',
  'add',
  'remove',
  'set',
  'run',
  'install',
  'explain',
  'history',
  'reconcile',
  'suspend',
  'resume',
  'watch',
  'logs',
  'send',
  'inbox',
  'say',
  'chat',
  'connector',
  'heartbeat',
  'update',
  'uninstall',
  'doctor',
  'rehearse',
  'rehearse-inside',
  'sandbox',
  'completion',
  'complete',
  'man',
  'stub',
];
const aliases: Readonly<Record<string, string>> = { status: 'ps' };

/** The command that is asked for, or all of them where it is none: to define each costs a start more than most of them need for it. */
function program(argv: readonly string[], run: Run, context: Context): Command {
  const muster = new Command('muster')
    .description('Fleets of AI agents on a Linux host, as git says: rosters in, systemd units and tmux sessions out.')
    .version(context.version, '-V, --version')
    .option('--no-color', 'no colours, as with NO_COLOR')
    .option('-q, --quiet', 'only data and errors')
    .showHelpAfterError('(see muster --help)')
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void context.stdout.write(text),
      writeErr: (text) => tell(text, context),
      outputError: (text, write) => write(text.replace(/^error: /, 'error[usage] ')),
      getOutHelpWidth: () => context.stdout.columns ?? 80,
      getErrHelpWidth: () => context.stderr.columns ?? 80,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .addHelpText('after', examples);

  const word = argv.find((argument) => !argument.startsWith('-')) ?? '';
  const asked = aliases[word] ?? word;
  for (const name of order.includes(asked) && !tellOfAll.includes(asked) ? [asked] : order)
    definitions[name]?.({ muster, run, context });
  return muster;
}

/** Commands that tell of every other. */
const tellOfAll = ['complete', 'man'];
