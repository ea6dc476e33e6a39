import type { Command } from 'commander';
import { renderManual } from '../views/man.ts';
import { treeOf } from './command-tree.ts';
import { type Context, type ExitStatus, exitStatus } from './context.ts';
import { show } from './output.ts';

/** The manual, for the build: what is installed as muster(1). `examples` are those of the help. */
export async function man(program: Command, examples: string, context: Context): Promise<ExitStatus> {
  const manual = renderManual(treeOf(program), {
    version: context.version,
    statuses: Object.entries(meanings).map(([name, meaning]) => [String(exitStatus[name as keyof typeof exitStatus]), meaning]),
    variables,
    files,
    examples: examples.split('\n').filter((line) => line.startsWith('  $ ')),
  });
  show(manual, context);
  return exitStatus.done;
}

const meanings: Readonly<Record<keyof typeof exitStatus, string>> = {
  done: 'done; for plan also with changes',
  failed: 'could not: the host, git, a file, or a finding that stands in the way',
  changes: 'there are changes (plan with --detailed-exitcode)',
  denied: 'the rosters are invalid or denied; nothing was changed',
  usage: 'the command line was wrong, or a question could not be asked',
  queued: 'send: the message is queued',
  typed: 'send: it is typed, and not submitted',
  refused: 'send: it was refused; nothing was typed',
  uncertain: 'send: it is unknown what became of it',
  expired: 'send: it had expired',
  down: 'watch: the agent does not run',
  sessionless: 'watch: its unit runs, and its session is gone',
  misconfigured: 'run, install: controller.yaml is wrong',
};

const variables = [
  ['MOSAIC_FLEET, MOSAIC_AGENT', "in an agent's pane: its fleet, and its name"],
  ['MOSAIC_HOME', "Mosaic's home; default ~/.config/mosaic"],
  ['XDG_CONFIG_HOME', 'unit files are in systemd/user below it; default ~/.config'],
  ['XDG_STATE_HOME', 'state is in mosaic below it, by machine id; default ~/.local/state'],
  ['XDG_RUNTIME_DIR', 'bus and records of running units; default /run/user/UID'],
  ['NO_COLOR, FORCE_COLOR, TERM', 'colours'],
  ['MUSTER_DEBUG', '1 adds stack traces to defects'],
] as const;

const files = [
  ['rosters/*.yaml', 'rosters, in a git repository'],
  ['~/.config/mosaic/fleet/controller.yaml', 'settings of the controller'],
  ['~/.config/mosaic/fleet/agents/NAME.env', 'what an agent is started with'],
  ['~/.config/systemd/user/mosaic-*.service', 'units'],
  ['~/.local/state/mosaic/MACHINE-ID/', 'what was carried out, history, inboxes'],
] as const;
