import { Argument } from 'commander';
import { type Definitions, withText } from './define.ts';

/** The channel to the operator. */
export const ofConnectors: Definitions = {
  say: ({ muster, run, context }) => {
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
      .action(run(async ([text], flags) => (await import('../say.ts')).say(text, flags, context)));
  },
  chat: ({ muster, run, context }) => {
    withText(muster.command('chat [fleet]').description('talk to the orchestrator of a fleet, in this terminal'))
      .option('--here', 'in this terminal itself, not in a tmux session that outlives it')
      .option('--limit <n>', 'without a terminal: how many messages at most; 0 is all', '50')
      .action(run(async ([fleet], flags) => (await import('../chat.ts')).chat(fleet, flags, context)));
  },
  connector: ({ muster, run, context }) => {
    withText(muster.command('connector').description("a fleet's chat connector: is it well, choose it, log it in"))
      .addArgument(new Argument('<action>', 'what to do; serve is what its unit runs').choices(connectorActions))
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
            ? (await import('../connector-serve.ts')).connectorServe(fleet, context)
            : (await import('../connector.ts')).connector(action, fleet, pairs, flags, context),
        ),
      );
  },
};

const connectorActions = ['health', 'set', 'login', 'serve'];
