import { formats } from '../flags.ts';
import { type Definitions, formatOption, withSource, withText } from './define.ts';

/** What is done with rosters, and what a host makes of them. */
export const ofRosters: Definitions = {
  validate: ({ muster, run, context }) => {
    withSource(muster.command('validate [dir]').description('check rosters: schema and admission; needs no host'))
      .addOption(formatOption(['text', 'json', 'github']))
      .action(run(async ([dir], flags) => (await import('../validate.ts')).validate(dir, flags, context)));
  },
  plan: ({ muster, run, context }) => {
    withSource(muster.command('plan [dir]').description('show what would change on this host, and why; changes nothing'))
      .option('--base <rev>', 'compare with a host that had converged on REV (for CI)')
      .option('--all-hosts', 'with --base: for every host and user that the rosters tell apart')
      .option('--observed <file>', 'compare with a snapshot of muster ps --snapshot')
      .option('--out <file>', 'save the plan for muster apply --plan')
      .option('--detailed-exitcode', 'exit with 2 when there are changes')
      .option('--adopt', "take over units of these names that are not marked as muster's")
      .option('--relaunch', 'restart agents that still run with what an earlier version gave them')
      .addOption(formatOption(formats))
      .action(run(async ([dir], flags) => (await import('../plan.ts')).plan(dir, flags, context)));
  },
  apply: ({ muster, run, context }) => {
    withSource(muster.command('apply [dir]').description('plan, ask, carry out, and look again'))
      .option('--plan <file>', 'carry out just this plan, or refuse when it is stale')
      .option('-y, --yes', 'do not ask')
      .option('--adopt', "take over units of these names that are not marked as muster's")
      .option('--relaunch', 'restart agents that still run with what an earlier version gave them')
      .addOption(formatOption(['text', 'json']))
      .action(run(async ([dir], flags) => (await import('../apply.ts')).apply(dir, flags, context)));
  },
  ps: ({ muster, run, context }) => {
    withSource(muster.command('ps [dir]').alias('status').description('what should run, what runs, and what each agent does'))
      .option('-w, --watch', 'refresh in place')
      .option('--snapshot <file>', 'write all that was observed to FILE, for muster plan --observed')
      .addOption(formatOption(['text', 'json']))
      .action(run(async ([dir], flags: never) => (await import('../ps.ts')).ps(dir, flags, context)));
  },
  init: ({ muster, run, context }) => {
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
      .action(run(async ([dir], flags) => (await import('../init.ts')).init(dir, flags, context)));
  },
  rehearse: ({ muster, run, context }) => {
    withSource(
      muster
        .command('rehearse [dir]')
        .description('try a change on a private host: from the base to the change, through a reboot'),
    )
      .option('--base <rev>', 'what the host begins with (default: the commit before)')
      .addOption(formatOption(['text', 'json']))
      .action(run(async ([dir], flags) => (await import('../rehearse.ts')).rehearse(dir, flags, context)));
  },
  'rehearse-inside': ({ muster, run, context }) => {
    muster
      .command('rehearse-inside', { hidden: true })
      .argument('<script>')
      .action(run(async ([script = '']) => (await import('../rehearse-inside.ts')).rehearseInside(script, context)));
  },
};

const initHelp = `
Examples:
  $ muster init                                             asks for everything
  $ muster init fleet --profile coding --connector tmux --yes
  $ muster init --profile local-canary --yes --install      a fleet that costs nothing, running
`;
