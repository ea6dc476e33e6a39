import { Argument, Command, CommanderError, Option } from 'commander';
import { PortError } from '../model/ports.ts';
import { type Shell, shells } from '../views/completion.ts';
import { type Context, type ExitStatus, exitStatus } from './context.ts';
import { formats, type OutputFlags } from './flags.ts';
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
    await program(run, context).parseAsync(argv, { from: 'user' });
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

const connectorActions = ['health', 'set', 'login', 'serve'];

type Run = (command: (args: string[], flags: never) => Promise<ExitStatus>) => (...given: unknown[]) => Promise<void>;

/** Commands load their code only when they run. */
function program(run: Run, context: Context): Command {
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

  withSource(muster.command('validate [dir]').description('check rosters: schema and admission; needs no host'))
    .addOption(formatOption(['text', 'json', 'github']))
    .action(run(async ([dir], flags) => (await import('./validate.ts')).validate(dir, flags, context)));

  withSource(muster.command('plan [dir]').description('show what would change on this host, and why; changes nothing'))
    .option('--base <rev>', 'compare with a host that had converged on REV (for CI)')
    .option('--all-hosts', 'with --base: for every host and user that the rosters tell apart')
    .option('--observed <file>', 'compare with a snapshot of muster ps --snapshot')
    .option('--out <file>', 'save the plan for muster apply --plan')
    .option('--detailed-exitcode', 'exit with 2 when there are changes')
    .option('--adopt', "take over units of these names that are not marked as muster's")
    .option('--relaunch', 'restart agents that still run with what an earlier version gave them')
    .addOption(formatOption(formats))
    .action(run(async ([dir], flags) => (await import('./plan.ts')).plan(dir, flags, context)));

  withSource(muster.command('apply [dir]').description('plan, ask, carry out, and look again'))
    .option('--plan <file>', 'carry out just this plan, or refuse when it is stale')
    .option('-y, --yes', 'do not ask')
    .option('--adopt', "take over units of these names that are not marked as muster's")
    .option('--relaunch', 'restart agents that still run with what an earlier version gave them')
    .addOption(formatOption(['text', 'json']))
    .action(run(async ([dir], flags) => (await import('./apply.ts')).apply(dir, flags, context)));

  withSource(muster.command('ps [dir]').alias('status').description('what should run, what runs, and what each agent does'))
    .option('-w, --watch', 'refresh in place')
    .option('--snapshot <file>', 'write all that was observed to FILE, for muster plan --observed')
    .addOption(formatOption(['text', 'json']))
    .action(run(async ([dir], flags: never) => (await import('./ps.ts')).ps(dir, flags, context)));

  withText(muster.command('init [dir]').description('a first fleet: asks, shows what it would write, writes and commits it'))
    .option('--profile <profile>', 'what the fleet is for: general, coding, research, hybrid, local-canary, minimal')
    .option('--connector <connector>', 'how you talk to its orchestrator: tmux, matrix, discord')
    .option('--fleet <name>', 'its name (default: that of the profile)')
    .option('--runtime <runtime>', 'program of all its agents (default: what is found here)')
    .option('--working-directory <dir>', 'where they work (default: ~/src if it is there, else home)')
    .option('--host <name>', 'only for that host (default: every host; with a chat connector this one)')
    .option(
      '--operator <id>',
      'who may speak through a chat connector; may be said again',
      (id: string, all: string[]) => [...all, id],
      [],
    )
    .option('--homeserver-url <url>', 'of matrix')
    .option('--user-id <id>', 'of matrix: the user that the fleet speaks as')
    .option('--room-id <id>', 'of matrix')
    .option('--channel-id <id>', 'of discord')
    .option('--ci <system>', 'file for pull requests: github, gitlab, woodpecker, none')
    .option('--rosters <dir>', 'roster directory in the repository', 'rosters')
    .option('--no-commit', 'write, and leave the commit to you')
    .option('--install', 'and set the controller up')
    .option('-y, --yes', 'do not ask: what no flag says is chosen')
    .option('--dry-run', 'show it, and write nothing')
    .addHelpText('after', initHelp)
    .action(run(async ([dir], flags) => (await import('./init.ts')).init(dir, flags, context)));

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
    .action(run(async ([name = ''], flags) => (await import('./add.ts')).add(name, flags, context)));

  withEdit(muster.command('remove <name>').description('take an agent out of its roster, comments and style kept'))
    .option('--keep-files', 'only stop it: its entry stays in the roster, and its files on the host')
    .option('--no-start', 'leave the host as it is for now (default)')
    .action(run(async ([name = ''], flags) => (await import('./remove.ts')).remove(name, flags, context)));

  withEdit(muster.command('set <name> [setting...]').description('set keys of an agent, such as resources.memory_max=4G'))
    .option('--unset <key>', 'take a key away; may be said again', (key: string, all: string[]) => [...all, key], [])
    .action(run(async ([name = '', ...pairs], flags) => (await import('./set.ts')).set(name, pairs, flags, context)));

  muster
    .command('run [dir]')
    .description('the controller: follow a branch, and keep this host as it says')
    .option('--rosters <dir>', 'roster directory in the repository (default: rosters)')
    .option('--ref <branch>', 'branch to follow (default: the one that is checked out at the first start)')
    .option('--worktree', 'follow the files as they are, committed or not')
    .option('--config <file>', 'instead of $MOSAIC_HOME/fleet/controller.yaml')
    .option('--once', 'end once there is nothing to do')
    .option('--host <name>', "instead of this host's name")
    .option('--tenant <name>', "instead of the user's name")
    .action(run(async ([dir], flags) => (await import('./run.ts')).run(dir, flags, context)));

  muster
    .command('install [dir]')
    .description('set the controller up: its configuration, its unit, lingering; and start it')
    .option('--ref <branch>', 'branch to follow (default: the one that is checked out)')
    .option('--rosters <dir>', 'roster directory in the repository (default: rosters)')
    .option('--remote <url>', 'follow a repository elsewhere, instead of one on this host')
    .addOption(formatOption(['text', 'json']))
    .option('--json', 'the same as --format json')
    .action(run(async ([dir], flags) => (await import('./install.ts')).install(dir, flags, context)));

  withText(muster.command('explain <name>').description('why an agent is as it is, and what a plan would do to it')).action(
    run(async ([name = ''], flags) => (await import('./explain.ts')).explain(name, flags, context)),
  );

  withText(muster.command('history [name]').description('what was done here and why; of one agent or fleet, or of all'))
    .option('--limit <n>', 'how many entries at most', '50')
    .option('--since <length>', 'only what is no older, such as 2h')
    .action(run(async ([name], flags) => (await import('./history.ts')).history(name, flags, context)));

  withText(muster.command('reconcile').description('have the controller look now, and wait for what it does')).action(
    run(async (_args, flags) => (await import('./reconcile.ts')).reconcile(flags, context)),
  );

  withTarget(muster.command('suspend <name>').description('leave an agent or fleet as it is, until it is resumed'))
    .option('--reason <text>', 'why, for whoever looks at it later')
    .option('--for <length>', 'only for so long, such as 2h')
    .option('--until <time>', 'only until then, such as 2026-01-02T15:04')
    .action(run(async ([name = ''], flags) => (await import('./suspend.ts')).suspend(name, flags, context)));

  withTarget(muster.command('resume <name>').description('end a suspension')).action(
    run(async ([name = ''], flags) => (await import('./resume.ts')).resume(name, flags, context)),
  );

  muster
    .command('watch [name]')
    .description("see an agent's terminal, or all of them; nothing typed reaches them")
    .option('-a, --all', 'all agents that run, as tiles')
    .action(run(async ([name], flags) => (await import('./watch.ts')).watch(name, flags, context)));

  withText(muster.command('logs <name>').description('what an agent and its unit have said: the journal, and its terminal'))
    .option('-f, --follow', 'and what they say from now on')
    .option('-n, --lines <n>', 'how many of the last lines of each', '50')
    .option('--since <time>', 'only what is no older: a length such as 2h, or a time')
    .action(run(async ([name = ''], flags) => (await import('./logs.ts')).logs(name, flags, context)));

  withText(muster.command('send <name> [text]').description('send a message to an agent; a text of - is standard input'))
    .option('--file <file>', 'send the text of this file')
    .option(
      '--attach <path>',
      'name a file in the message; may be said again',
      (path: string, all: string[]) => [...all, path],
      [],
    )
    .option('--id <id>', 'id of the message: sent once, however often it is tried')
    .option('--ttl <length>', 'how long it may wait', '24h')
    .option('--verify', 'wait for a receipt')
    .option('--timeout <length>', 'how long to wait for one, such as 30s')
    .option('--from <sender>', 'instead of the agent whose pane this is, or the user')
    .action(run(async ([name = '', text], flags) => (await import('./send.ts')).send(name, text, flags, context)));

  withText(muster.command('inbox <name>').description('messages that wait for an agent'))
    .option('--dead', 'those that will not be delivered any more')
    .option('--deliver', 'deliver what the agent takes now')
    .option('--forget <id>', 'strike one off, or take it back')
    .action(run(async ([name = ''], flags) => (await import('./inbox.ts')).inbox(name, flags, context)));

  withText(muster.command('say [text]').description('say something to the operator of a fleet; a text of - is standard input'))
    .option('--fleet <fleet>', 'of which fleet (default: that of this pane, or the only one)')
    .option('--thread <id>', 'in this thread')
    .option('--new-thread <title>', 'in a thread of its own')
    .option('--reply-to <id>', 'in reply to this message')
    .option('--file <file>', 'say the text of this file')
    .option('--attach <path>', 'send a file along; may be said again', (path: string, all: string[]) => [...all, path], [])
    .option('--id <id>', 'id of the message: said once, however often it is tried')
    .option('--wait', 'wait for a receipt')
    .option('--timeout <length>', 'how long to wait for one, such as 30s')
    .action(run(async ([text], flags) => (await import('./say.ts')).say(text, flags, context)));

  withText(muster.command('chat [fleet]').description('talk to the orchestrator of a fleet, in this terminal'))
    .option('--here', 'in this terminal itself, not in a tmux session that outlives it')
    .option('--limit <n>', 'without a terminal: how many messages at most; 0 is all', '50')
    .action(run(async ([fleet], flags) => (await import('./chat.ts')).chat(fleet, flags, context)));

  withText(muster.command('connector').description("a fleet's chat connector: is it well, choose it, log it in"))
    .addArgument(new Argument('<action>', 'health, set, login, or serve (what its unit runs)').choices(connectorActions))
    .argument('[fleet]', 'default: that of this pane, or the only one')
    .argument('[pair...]', 'of set: settings of the kind, such as room_id=!abc:example.org')
    .option('--kind <kind>', 'set: tmux, matrix, discord')
    .option('--operator <id>', 'set: who may speak; may be said again', (id: string, all: string[]) => [...all, id], [])
    .option('--unset <key>', 'set: take a setting away; may be said again', (key: string, all: string[]) => [...all, key], [])
    .option(
      '--rosters <dir>',
      'set, login: roster directory (default: rosters here, else those that this host follows)',
      'rosters',
    )
    .option('--commit', 'set: commit the file, and nothing else')
    .option('--start', 'set, with --commit: carry it out on this host, too')
    .option('-y, --yes', 'set: do not ask before it is carried out')
    .option('--dry-run', 'set: show the edit, and write nothing')
    .option('--token-stdin', 'login: take the token from standard input, and ask nothing')
    .action(
      run(async ([action = '', fleet, ...pairs], flags) =>
        action === 'serve'
          ? (await import('./connector-serve.ts')).connectorServe(fleet, context)
          : (await import('./connector.ts')).connector(action, fleet, pairs, flags, context),
      ),
    );

  muster
    .command('heartbeat [event]')
    .description("for hooks of an agent's program: say what the agent does")
    .option('--state <state>', 'starting, idle, busy, waiting-for-input, rate-limited, unknown')
    .option('--agent <name>', 'only if the agent is of that name')
    .allowExcessArguments()
    .action(run(async ([event], flags) => (await import('./heartbeat.ts')).heartbeat(event, flags, context)));

  muster
    .command('update [dir]')
    .description('bring this host, and copies of shipped documents, to the version of Muster that runs')
    .option('--rosters <dir>', 'roster directory in the repository', 'rosters')
    .option('--dry-run', 'show what it would do, and do nothing')
    .option('-y, --yes', 'do not ask')
    .option('--relaunch', 'restart agents that still run with what an earlier version gave them')
    .option('--commit', 'commit the copies that it changes, and nothing else')
    .option('--no-reseed', 'leave copies of role documents and presets as they are')
    .addOption(formatOption(['text', 'json']))
    .option('--json', 'the same as --format json')
    .action(run(async ([dir], flags) => (await import('./update.ts')).update(dir, flags, context)));

  muster
    .command('uninstall')
    .description('take the controller away, and the agents with it')
    .option('-y, --yes', 'do not ask')
    .option('--keep-agents', 'leave the agents running, with nobody to heal them')
    .option('--purge', 'remove the history and the configuration, too')
    .addOption(formatOption(['text', 'json']))
    .option('--json', 'the same as --format json')
    .action(run(async (_, flags) => (await import('./uninstall.ts')).uninstall(flags, context)));

  withText(muster.command('doctor [dir]').description('whether this host can run a fleet, and what to do about what is wrong'))
    .option('--fix', 'do what is safe to do, after asking')
    .option('-y, --yes', 'do not ask')
    .action(run(async ([dir], flags) => (await import('./doctor.ts')).doctor(dir, flags, context)));

  withSource(
    muster.command('rehearse [dir]').description('try a change on a private host: from the base to the change, through a reboot'),
  )
    .option('--base <rev>', 'what the host begins with (default: the commit before)')
    .addOption(formatOption(['text', 'json']))
    .action(run(async ([dir], flags) => (await import('./rehearse.ts')).rehearse(dir, flags, context)));

  muster
    .command('rehearse-inside', { hidden: true })
    .argument('<script>')
    .action(run(async ([script = '']) => (await import('./rehearse-inside.ts')).rehearseInside(script, context)));

  muster
    .command('sandbox [command...]')
    .description('run a command (default: a shell) on a private host: own user manager, bus and tmux')
    .option('--hostname <name>', 'name of the private host')
    .option('--keep <path...>', 'paths that stay visible inside')
    .addHelpText('after', sandboxHelp)
    .action(run(async (command, flags) => (await import('./sandbox.ts')).sandbox(command, flags, context)));

  muster
    .command('completion')
    .description('what a shell reads to complete commands, flags and names: docs/cli.md')
    .addArgument(new Argument('<shell>', 'which shell').choices(shells))
    .action(run(async ([shell], _flags) => (await import('./completion.ts')).completion(shell as Shell, context)));

  muster
    .command('complete', { hidden: true })
    .argument('[word...]')
    .action(run(async (words) => (await import('./complete.ts')).complete(words, muster, context)));

  muster.command('man', { hidden: true }).action(run(async () => (await import('./man.ts')).man(muster, examples, context)));

  muster
    .command('stub', { hidden: true })
    .description('an agent without a model, for trying fleets out')
    .action(run(async () => (await import('./stub.ts')).stub(context)));

  return muster;
}

function withSource(command: Command): Command {
  return command
    .option('--rosters <dir>', 'roster directory in the repository', 'rosters')
    .option('--ref <rev>', 'revision to read: only what is committed counts', 'HEAD')
    .option('--worktree', 'read the files as they are, committed or not')
    .option('--host <name>', "instead of this host's name")
    .option('--tenant <name>', "instead of the user's name")
    .option('--json', 'the same as --format json');
}

const withEdit = (command: Command): Command =>
  withText(command)
    .option('--fleet <fleet>', 'in which fleet (default: the one of this pane, or the only one)')
    .option('--rosters <dir>', 'roster directory (default: rosters here, else those that this host follows)', 'rosters')
    .option('--commit', 'commit the file, and nothing else')
    .option('--start', 'with --commit: carry it out on this host, too')
    .option('-y, --yes', 'do not ask before it is carried out')
    .option('--dry-run', 'show the edit, and write nothing');

const withText = (command: Command): Command =>
  command.option('--json', 'the same as --format json').addOption(formatOption(['text', 'json']));

const withTarget = (command: Command): Command =>
  withText(command).option('--agent', 'it is the name of an agent').option('--fleet', 'it is the name of a fleet');

const formatOption = (choices: readonly string[]): Option =>
  new Option('--format <format>', 'how to print it').choices([...choices]).default('text');

const examples = `
Examples:
  $ muster init                           a first fleet, by answering questions
  $ muster validate                       check the rosters of the last commit
  $ muster plan                           what would change here
  $ muster plan --base origin/main        what a change would do, without a host
  $ muster apply                          plan, ask, carry out
  $ muster ps --watch                     the fleet, live
  $ muster add coder2 --runtime pi --class implementer --commit
  $ muster explain coder0                 why is it as it is
  $ muster watch coder0                   see its terminal
  $ muster send coder0 "Go on." --verify  talk to it, and know that it heard
  $ muster chat                           talk to the orchestrator
  $ muster sandbox -- muster apply --yes  try it on a private host first

Exit status: 0 done, 1 could not, 2 changes (--detailed-exitcode), 3 rosters denied, 4 usage;
  of send and say: 5 queued, 6 typed, 7 refused, 8 unknown, 9 expired; of watch: 10 it does not run, 11 no session.
`;

const initHelp = `
Examples:
  $ muster init                                             asks for everything
  $ muster init fleet --profile coding --connector tmux --yes
  $ muster init --profile local-canary --yes --install      a fleet that costs nothing, running
`;

const sandboxHelp = `
Inside: systemctl --user, tmux and muster work on the private host alone, and
  reboot       the manager ends; it comes back by itself only if linger was set
  power-loss   everything ends at once, without a goodbye
  login        starts the manager again where it stayed down
`;
