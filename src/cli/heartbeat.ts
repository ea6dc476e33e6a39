import { beat, isOver, type OwnRun, ownRun } from '../agents/state/beat.ts';
import { sayable, stateOfEvent, stateSaid } from '../agents/state/hook-event.ts';
import type { ActivityState } from '../model/agents.ts';
import { messageOf } from '../model/message-of.ts';
import { visible } from '../model/visible.ts';
import { nearest } from '../roster/wording.ts';
import { type Context, type ExitStatus, exitStatus } from './context.ts';
import { type Refusal, refuse } from './refusal.ts';

export interface HeartbeatFlags {
  readonly state?: string;
  readonly agent?: string;
}

/**
 * For hooks of an agent's program: writes down what the agent in whose pane it runs does. `event` is what the hook was told, as JSON; without
 * it and without a state it is read from standard input. Says nothing on standard output: some programs hand that to their model.
 */
export async function heartbeat(event: string | undefined, flags: HeartbeatFlags, context: Context): Promise<ExitStatus> {
  // Of when it was called: of two hooks at once the later one counts, whichever is done first.
  const at = new Date(context.date().getTime() - context.now());
  const run = runOf(flags, context);
  const state = flags.state === undefined ? fromEvent(event ?? (await eventOn(context))) : said(flags.state);
  if (state === null) return exitStatus.done;
  try {
    beat(run, state, at, context.pid);
  } catch (error) {
    throw refuse({
      code: 'heartbeat/unwritable',
      summary: 'the heartbeat could not be written',
      detail: messageOf(error),
      hint: 'The agent goes on; what it does is known less well.',
    });
  }
  return exitStatus.done;
}

function runOf({ agent }: HeartbeatFlags, { pid }: Context): OwnRun {
  const run = ownRun(pid);
  if (run === null)
    throw noAgent(
      'this process runs in no agent',
      'A heartbeat is of the agent in whose pane it is sent, by a hook of its program.',
    );
  if (agent !== undefined && agent !== run.agent)
    throw noAgent(
      `this is the agent ${visible(run.agent)}, not ${visible(agent)}`,
      'Nobody speaks for another agent: leave --agent out.',
    );
  if (isOver(run)) throw noAgent(`this run of ${visible(run.agent)} is over, and another one has begun`, 'Nothing was written.');
  return run;
}

const noAgent = (summary: string, hint: string): Refusal =>
  refuse({ code: 'heartbeat/no-agent', summary, hint }, exitStatus.refused);

function said(text: string): ActivityState {
  const state = stateSaid(text);
  if (state !== null) return state;
  const meant = nearest(text, sayable);
  throw refuse(
    {
      code: 'heartbeat/state',
      summary: `${JSON.stringify(text.slice(0, 60))} is nothing that an agent says of itself`,
      hint: meant === null ? `It is one of ${sayable.join(', ')}.` : `Did you mean ${meant}?`,
    },
    exitStatus.usage,
  );
}

/** `null`: the event says nothing of what the agent does. */
function fromEvent(text: string): ActivityState | null {
  const read = stateOfEvent(text);
  if ('state' in read) return read.state;
  if (read.problem === 'other') return null;
  throw refuse(
    {
      code: 'heartbeat/event',
      summary: 'what came is no event of a hook that is known here',
      hint: `Say what the agent does: muster heartbeat --state ${sayable.slice(1, 3).join(', or --state ')}`,
    },
    exitStatus.usage,
  );
}

/** An event with what a tool has put out may be long. */
const longestEvent = 16 * 1024 * 1024;
/** Milliseconds. Whoever starts hooks need not give them anything, nor ever close what they read from. */
const eventIsThere = 1000;

async function eventOn({ stdin }: Context): Promise<string> {
  if (stdin.isTTY) return '';
  const chunks: Buffer[] = [];
  let size = 0;
  const tooLate = setTimeout(() => stdin.destroy(), eventIsThere);
  try {
    for await (const chunk of stdin) {
      const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
      chunks.push(bytes);
      size += bytes.length;
      if (size > longestEvent) return '';
    }
  } catch {
    // What was read until then is what there is.
  } finally {
    clearTimeout(tooLate);
  }
  return Buffer.concat(chunks).toString('utf8');
}
