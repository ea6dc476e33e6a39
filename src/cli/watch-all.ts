import type { Activity } from '../model/agents.ts';
import type { ObservedSession } from '../model/observation.ts';
import type { PaneFrame } from '../tmux/frames.ts';
import { chosenAfter, perPage, tilingOf } from '../views/tiles.ts';
import { noPan, type Pan, panned, renderOnce, renderTiles, renderWatched, type Watched } from '../views/watch.ts';
import { type Context, type ExitStatus, exitStatus } from './context.ts';
import { type Eye, noteOf } from './eye.ts';
import { type LiveScreen, onLiveScreen } from './live.ts';
import { show, styleOf } from './output.ts';
import { refuse } from './refusal.ts';
import type { WatchFlags } from './watch.ts';

/** The terminals of all agents that run, as they come and go. */
export async function watchAll(eye: Eye, flags: WatchFlags, context: Context): Promise<ExitStatus> {
  if (context.stdout.isTTY !== true) return once(eye, context);
  const style = styleOf(flags, context.stdout, context);
  const coloured = style.bold('x') !== 'x';
  const fleet = fleetOf(eye, context);
  await onLiveScreen(context, async (screen) => {
    let view: View = { chosen: null, opened: false, pan: noPan };
    await fleet.look([]);
    while (!screen.over.aborted) {
      const { columns, rows } = screen.size();
      for (const key of screen.keys()) view = after(key, view, fleet.watched(), columns, rows);
      const all = fleet.watched();
      const at = chosenOf(view, all);
      const one = all[at];
      if (one === undefined) screen.draw(nobody(fleet.note(), rows));
      else if (view.opened) screen.draw(renderWatched(one, view.pan, columns, rows, coloured, style));
      else screen.draw(renderTiles(all, at, tilingOf(all.length, columns, rows - 1), columns, rows, coloured, style));
      await pauseAndLook(screen, fleet, visibleOf(view, all, columns, rows));
    }
  });
  return exitStatus.done;
}

async function once(eye: Eye, context: Context): Promise<ExitStatus> {
  const sessions = [...(await eye.sessions()).values()];
  if (sessions.length === 0)
    throw refuse(
      { code: 'agent/down', summary: 'no agent runs here', hint: 'muster ps tells what should run, muster apply starts it.' },
      exitStatus.down,
    );
  const [frames, activities] = await Promise.all([eye.frames(sessions), eye.activities(sessions)]);
  const shown = sessions.map(({ agent: name }) =>
    renderOnce({ name, frame: frames.get(name) ?? null, activity: activities.get(name) ?? null, note: '' }, true),
  );
  show(shown.join('\n'), context);
  return exitStatus.done;
}

interface View {
  readonly chosen: string | null;
  /** The chosen one has the whole screen. */
  readonly opened: boolean;
  readonly pan: Pan;
}

/** An agent that is gone leaves the choice to the first. */
const chosenOf = ({ chosen }: View, all: readonly Watched[]): number =>
  Math.max(
    0,
    all.findIndex(({ name }) => name === chosen),
  );

function after(key: string, view: View, all: readonly Watched[], columns: number, rows: number): View {
  const at = chosenOf(view, all);
  const one = all[at];
  if (one === undefined) return view;
  if (view.opened) {
    if (key === 'escape' || key === 'enter') return { ...view, opened: false, pan: noPan };
    return one.frame === null ? view : { ...view, pan: panned(view.pan, key, one.frame, columns, rows - 1) };
  }
  if (key === 'enter') return { chosen: one.name, opened: true, pan: noPan };
  const to = chosenAfter(key, at, all.length, tilingOf(all.length, columns, rows - 1));
  return { ...view, chosen: all[to]?.name ?? one.name };
}

function visibleOf(view: View, all: readonly Watched[], columns: number, rows: number): readonly string[] {
  const at = chosenOf(view, all);
  const size = perPage(tilingOf(all.length, columns, rows - 1));
  const first = Math.floor(at / size) * size;
  return (view.opened ? all.slice(at, at + 1) : all.slice(first, first + size)).map(({ name }) => name);
}

const paceMs = 250;

async function pauseAndLook(screen: LiveScreen, fleet: Fleet, visible: readonly string[]): Promise<void> {
  await screen.pause(paceMs);
  if (!screen.over.aborted) await fleet.look(visible);
}

const nobody = (note: string, rows: number): string[] => [
  note === '' ? 'No agent runs here.' : note,
  ...Array.from({ length: Math.max(0, rows - 2) }, () => ''),
  'Agents are shown as they come; q or Ctrl-C leaves',
];

interface Fleet {
  watched(): readonly Watched[];
  /** Why nobody could be looked at the last time; empty where that could be done. */
  note(): string;
  /** Looks at these again; who is new is looked at with them. */
  look(visible: readonly string[]): Promise<void>;
}

const listMs = 1000;
const activityMs = 2000;

/** What is seen of all agents: who there is once a second, what they do every other second, what they show as often as it is asked. */
function fleetOf(eye: Eye, { now }: Pick<Context, 'now'>): Fleet {
  let sessions: ReadonlyMap<string, ObservedSession> = new Map();
  let activities: ReadonlyMap<string, Activity> = new Map();
  const frames = new Map<string, PaneFrame>();
  let note = '';
  let listed = Number.NEGATIVE_INFINITY;
  let told = Number.NEGATIVE_INFINITY;
  const look = async (visible: readonly string[]): Promise<void> => {
    if (now() - listed > listMs) {
      listed = now();
      sessions = await eye.sessions();
      for (const name of frames.keys()) if (!sessions.has(name)) frames.delete(name);
    }
    const wanted = [...sessions.values()].filter(({ agent }) => visible.includes(agent) || !frames.has(agent));
    for (const [name, frame] of await eye.frames(wanted)) frames.set(name, frame);
    if (now() - told > activityMs) {
      told = now();
      activities = await eye.activities([...sessions.values()]);
    }
  };
  return {
    watched: () =>
      [...sessions.keys()].map((name) => ({
        name,
        frame: frames.get(name) ?? null,
        activity: activities.get(name) ?? null,
        note: frames.has(name) ? note : note || 'is starting',
      })),
    note: () => note,
    look: async (visible) => {
      try {
        await look(visible);
        note = '';
      } catch (error) {
        note = noteOf(error);
      }
    },
  };
}
