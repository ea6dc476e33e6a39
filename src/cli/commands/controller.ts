import { type Definitions, formatOption, withTarget, withText } from './define.ts';

/** The controller, and what keeps a host in order. */
export const ofController: Definitions = {
  run: ({ muster, run, context }) => {
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
      .action(run(async ([dir], flags) => (await import('../run.ts')).run(dir, flags, context)));
  },
  install: ({ muster, run, context }) => {
    muster
      .command('install [dir]')
      .description('set the controller up: its configuration, its unit, lingering; and start it')
      .option('--ref <branch>', 'branch to follow (default: the one that is checked out)')
      .option('--rosters <dir>', 'roster directory in the repository (default: rosters)')
      .option('--remote <url>', 'follow a repository elsewhere, instead of one on this host')
      .addOption(formatOption(['text', 'json']))
      .option('--json', 'the same as --format json')
      .action(run(async ([dir], flags) => (await import('../install.ts')).install(dir, flags, context)));
  },
  explain: ({ muster, run, context }) => {
    withText(muster.command('explain <name>').description('why an agent is as it is, and what a plan would do to it')).action(
      run(async ([name = ''], flags) => (await import('../explain.ts')).explain(name, flags, context)),
    );
  },
  history: ({ muster, run, context }) => {
    withText(muster.command('history [name]').description('what was done here and why; of one agent or fleet, or of all'))
      .option('--limit <n>', 'how many entries at most', '50')
      .option('--since <length>', 'only what is no older, such as 2h')
      .action(run(async ([name], flags) => (await import('../history.ts')).history(name, flags, context)));
  },
  reconcile: ({ muster, run, context }) => {
    withText(muster.command('reconcile').description('have the controller look now, and wait for what it does')).action(
      run(async (_args, flags) => (await import('../reconcile.ts')).reconcile(flags, context)),
    );
  },
  suspend: ({ muster, run, context }) => {
    withTarget(muster.command('suspend <name>').description('leave an agent or fleet as it is, until it is resumed'))
      .option('--reason <text>', 'why, for whoever looks at it later')
      .option('--for <length>', 'only for so long, such as 2h')
      .option('--until <time>', 'only until then, such as 2026-01-02T15:04')
      .action(run(async ([name = ''], flags) => (await import('../suspend.ts')).suspend(name, flags, context)));
  },
  resume: ({ muster, run, context }) => {
    withTarget(muster.command('resume <name>').description('end a suspension')).action(
      run(async ([name = ''], flags) => (await import('../resume.ts')).resume(name, flags, context)),
    );
  },
  update: ({ muster, run, context }) => {
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
      .action(run(async ([dir], flags) => (await import('../update.ts')).update(dir, flags, context)));
  },
  uninstall: ({ muster, run, context }) => {
    muster
      .command('uninstall')
      .description('take the controller away, and the agents with it')
      .option('-y, --yes', 'do not ask')
      .option('--keep-agents', 'leave the agents running, with nobody to heal them')
      .option('--purge', 'remove the history and the configuration, too')
      .addOption(formatOption(['text', 'json']))
      .option('--json', 'the same as --format json')
      .action(run(async (_, flags) => (await import('../uninstall.ts')).uninstall(flags, context)));
  },
  doctor: ({ muster, run, context }) => {
    withText(muster.command('doctor [dir]').description('whether this host can run a fleet, and what to do about what is wrong'))
      .option('--fix', 'do what is safe to do, after asking')
      .option('-y, --yes', 'do not ask')
      .action(run(async ([dir], flags) => (await import('../doctor.ts')).doctor(dir, flags, context)));
  },
};
