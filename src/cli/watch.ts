import type { Activity } from '../model/agents.ts';
import type { ObservedSession } from '../model/observation.ts';
import type { PaneFrame } from '../tmux/frames.ts';
import { noPan, type Pan, panned, renderOnce, renderWatched, type Watched } from '../views/watch.ts';
import { type Context, type ExitStatus, exitStatus } from './context.ts';
import { refuseUnknownAgent } from './delivery.ts';
import { type Eye, noteOf, withEye } from './eye.ts';
import type { OutputFlags } from './flags.ts';
import { onLiveScreen } from './live.ts';
import { show, styleOf } from './output.ts';
import { type Refusal, refuse } from './refusal.ts';
import { watchAll } from './watch-all.ts';

export interface WatchFlags extends OutputFlags {
  readonly all?: boolean;
}

/** Shows the terminal of one agent, or of all, until it is left; one frame of it where there is no terminal to show it on. */
export async function watch(name: string | undefined, flags: WatchFlags, context: Context): Promise<ExitStatus> {
  if ((name !== undefined) === (flags.all === true)) throw whom();
  return withEye(context, async (eye, facts) => {
    if (name === undefined) return watchAll(eye, flags, context);
    await refuseUnknownAgent(name, facts, eye);
    return context.stdout.isTTY === true ? live(name, eye, flags, context) : once(name, eye, context);
  });
}

const whom = (): Refusal =>
  refuse({ code: 'usage', summary: 'watch whom?', hint: 'muster watch NAME, or muster watch --all' }, exitStatus.usage);

async function once(name: string, eye: Eye, context: Context): Promise<ExitStatus> {
  const { frame } = await found(name, eye, context);
  show(renderOnce({ name, frame, activity: null, note: '' }, false), context);
  return exitStatus.done;
}

const paceMs = 150;
const activityMs = 2000;

/** An agent that ends is waited for: its next run is shown where this one was. */
async function live(name: string, eye: Eye, flags: WatchFlags, context: Context): Promise<ExitStatus> {
  const style = styleOf(flags, context.stdout, context);
  const coloured = style.bold('x') !== 'x';
  let { session, frame } = await found(name, eye, context);
  await onLiveScreen(context, async (screen) => {
    let pan: Pan = noPan;
    let note = '';
    let activity: Activity | null = null;
    let told = Number.NEGATIVE_INFINITY;
    while (!screen.over.aborted) {
      const { columns, rows } = screen.size();
      for (const key of screen.keys()) pan = panned(pan, key, frame, columns, Math.max(1, rows - 1));
      const watched: Watched = { name, frame, activity, note };
      screen.draw(renderWatched(watched, pan, columns, rows, coloured, style));
      await screen.pause(paceMs);
      try {
        const seen = (await eye.frames([session])).get(name);
        const now = seen === undefined ? await sight(name, eye) : { session, frame: seen };
        if ('problem' in now) note = now.note;
        else ({ session, frame, note } = { ...now, note: '' });
        if (note === '' && context.now() - told > activityMs) {
          told = context.now();
          activity = (await eye.activities([session])).get(name) ?? null;
        }
      } catch (error) {
        note = noteOf(error);
      }
    }
  });
  return exitStatus.done;
}

type Sight =
  | { readonly session: ObservedSession; readonly frame: PaneFrame }
  | { readonly problem: 'down' | 'starting' | 'no-session'; readonly note: string };

/** The run under way, its session and what it shows. */
async function sight(name: string, eye: Eye): Promise<Sight> {
  const { phase, invocation, detail } = await eye.runs.find(name);
  if (phase === 'down') return { problem: 'down', note: `does not run now: ${detail}` };
  const session = (await eye.sessions()).get(name);
  const frame = session?.incarnation === invocation ? (await eye.frames([session])).get(name) : undefined;
  if (session !== undefined && frame !== undefined) return { session, frame };
  if (phase === 'starting') return { problem: 'starting', note: `is starting: ${detail}` };
  return { problem: 'no-session', note: 'its unit runs without a tmux session' };
}

/** How long an agent that is just starting is waited for, in milliseconds. */
const patience = 3000;

/** Refuses who cannot be seen; the status says why. */
async function found(name: string, eye: Eye, { now }: Pick<Context, 'now'>) {
  const deadline = now() + patience;
  for (;;) {
    const seen = await sight(name, eye);
    if (!('problem' in seen)) return seen;
    if (seen.problem === 'down' || now() > deadline) throw unseen(name, seen);
    await new Promise((done) => setTimeout(done, 100));
  }
}

function unseen(name: string, { problem, note }: Extract<Sight, { problem: string }>): Refusal {
  if (problem === 'no-session')
    return refuse(
      {
        code: 'agent/no-session',
        summary: `${name} has no terminal to look at: ${note}`,
        hint: `muster apply mends that; muster logs ${name} tells what its unit has said.`,
      },
      exitStatus.sessionless,
    );
  return refuse(
    {
      code: 'agent/down',
      summary: `${name} ${note}`,
      hint: `muster explain ${name} tells why, muster logs ${name} what it has said.`,
    },
    exitStatus.down,
  );
}
