import { type Definitions, withText } from './define.ts';

/** Agents that run. */
export const ofAgents: Definitions = {
  watch: ({ muster, run, context }) => {
    muster
      .command('watch [name]')
      .description("see an agent's terminal, or all of them; nothing typed reaches them")
      .option('-a, --all', 'all agents that run, as tiles')
      .action(run(async ([name], flags) => (await import('../watch.ts')).watch(name, flags, context)));
  },
  logs: ({ muster, run, context }) => {
    withText(muster.command('logs <name>').description('what an agent and its unit have said: the journal, and its terminal'))
      .option('-f, --follow', 'and what they say from now on')
      .option('-n, --lines <n>', 'how many of the last lines of each', '50')
      .option('--since <time>', 'only what is no older: a length such as 2h, or a time')
      .action(run(async ([name = ''], flags) => (await import('../logs.ts')).logs(name, flags, context)));
  },
  send: ({ muster, run, context }) => {
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
      .action(run(async ([name = '', text], flags) => (await import('../send.ts')).send(name, text, flags, context)));
  },
  inbox: ({ muster, run, context }) => {
    withText(muster.command('inbox <name>').description('messages that wait for an agent'))
      .option('--dead', 'those that will not be delivered any more')
      .option('--deliver', 'deliver what the agent takes now')
      .option('--forget <id>', 'strike one off, or take it back')
      .action(run(async ([name = ''], flags) => (await import('../inbox.ts')).inbox(name, flags, context)));
  },
  heartbeat: ({ muster, run, context }) => {
    muster
      .command('heartbeat [event]')
      .description("for hooks of an agent's program: say what the agent does")
      .option('--state <state>', 'starting, idle, busy, waiting-for-input, rate-limited, unknown')
      .option('--agent <name>', 'only if the agent is of that name')
      .allowExcessArguments()
      .action(run(async ([event], flags) => (await import('../heartbeat.ts')).heartbeat(event, flags, context)));
  },
  stub: ({ muster, run, context }) => {
    muster
      .command('stub', { hidden: true })
      .description('an agent without a model, for trying fleets out')
      .action(run(async () => (await import('../stub.ts')).stub(context)));
  },
};
