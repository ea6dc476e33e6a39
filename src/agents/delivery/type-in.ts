import type { Receipt } from '../../model/agents.ts';
import type { DeliveryReason, EvidenceName } from '../../model/inbox.ts';
import type { PaneObstacle } from '../../tmux/pane.ts';
import type { ScreenReading, TraceMark } from './adapter-port.ts';
import type { Reach } from './readiness.ts';
import { occurrences, resemblance } from './resemblance.ts';
import type { DeliveryWorld } from './world.ts';

export interface Outcome {
  readonly state: Extract<Receipt['state'], 'queued' | 'typed' | 'submitted' | 'turn-started' | 'unknown'>;
  readonly evidence: readonly EvidenceName[];
  readonly reason: DeliveryReason | null;
}

/** Milliseconds that are allowed for each step. */
export interface Patience {
  /** Until the text is seen in the composer. */
  readonly shown: number;
  /** From the first submit key to the last look. */
  readonly taken: number;
  /** For stronger evidence, after the composer was seen empty. */
  readonly stronger: number;
}

export const usualPatience: Patience = { shown: 3000, taken: 10_000, stronger: 1500 };

/** Submit keys after the first, in milliseconds since that one; each only if the text is still seen unsent then. */
const repeats = [500, 1500, 3500, 7000];
/** Milliseconds between two looks: soon at first. */
const pauses = [15, 25, 40, 60, 100];
/** The same for what the runtime writes, which costs less to look at. */
const quickPauses = [4, 6, 10];

export type Setting = Reach & {
  readonly text: string;
  readonly mark: TraceMark;
  readonly beat: unknown;
  readonly before: number | null;
};

/** What is looked at before anything is typed, so that nothing old is taken for new. */
export async function baseline(reach: Reach, text: string, world: DeliveryWorld): Promise<Setting> {
  const [mark, before] = await Promise.all([
    reach.traces?.mark() ?? null,
    reach.traces === null ? seenIn(reach, text, world) : null,
  ]);
  return { ...reach, text, mark, beat: reach.beats.mark(), before };
}

const historyLines = 500;

const seenIn = async ({ target }: Reach, text: string, { panes }: DeliveryWorld): Promise<number> =>
  occurrences(await panes.history(target, historyLines), text);

/** After a paste: waits until the text is seen in the composer, submits it, and finds out what became of it. */
export async function submit(setting: Setting, world: DeliveryWorld, patience: Patience = usualPatience): Promise<Outcome> {
  await world.clock.sleep(setting.adapter.settleMs);
  const shown = await awaitShown(setting, world, patience.shown);
  if (shown !== null) return shown;
  return pressUntilTaken(setting, world, patience);
}

/** `null`: the text is there, and nothing else. */
async function awaitShown(setting: Setting, world: DeliveryWorld, milliseconds: number): Promise<Outcome | null> {
  const { clock } = world;
  const deadline = clock.now() + milliseconds;
  for (let turn = 0; ; turn += 1) {
    const seen = await look(setting, world);
    if (seen.kind === 'ours' || (seen.kind === 'unclear' && (await isOnScreen(setting, world)))) return null;
    const taken = await traced(setting);
    // Some programs submit by themselves.
    if (taken !== null) return taken;
    if (seen.kind === 'gone') return { state: 'unknown', evidence: [], reason: 'agent-ended' };
    if (clock.now() >= deadline) {
      if (seen.kind === 'mixed') return { state: 'typed', evidence: ['composer-text'], reason: 'mixed' };
      return { state: 'unknown', evidence: [], reason: seen.kind === 'dialog' ? 'dialog' : 'not-seen' };
    }
    await clock.sleep(pauseAfter(turn));
  }
}

/** For programs whose composer is known only while it is empty. */
const isOnScreen = async (setting: Setting, world: DeliveryWorld): Promise<boolean> =>
  setting.before !== null && (await seenIn(setting, setting.text, world)) > setting.before;

const pauseAfter = (turn: number): number => pauses[Math.min(turn, pauses.length - 1)] ?? 100;

/** For a text that was seen unsent before: only the submit key is pressed. */
export async function pressUntilTaken(setting: Setting, world: DeliveryWorld, patience: Patience): Promise<Outcome> {
  const { clock, panes } = world;
  const { target, adapter } = setting;
  const key = setting.reading.state === 'busy' ? adapter.submitWhileBusy : adapter.submit;
  const press = (): Promise<PaneObstacle | null> => panes.press(target, key);
  const first = clock.now();
  let due = [...repeats];
  let pressed = (await press()) === null;
  for (const pause of setting.traces === null ? [] : quickPauses) {
    await clock.sleep(pause);
    const taken = await traced(setting);
    if (taken !== null) return taken;
  }
  let weak: { readonly outcome: Outcome; readonly until: number } | null = null;
  for (let turn = 0; ; turn += 1) {
    await clock.sleep(pauseAfter(turn));
    const taken = await traced(setting);
    if (taken !== null) return taken;
    if (weak !== null) {
      const begun = begunAfter(setting, weak.outcome.evidence);
      // What it has taken tells more than that it has begun.
      if (begun !== null && (setting.traces === null || clock.now() >= weak.until)) return begun;
      if (clock.now() >= weak.until) return weak.outcome;
      continue;
    }
    const seen = await look(setting, world);
    const now = clock.now();
    if (seen.kind === 'gone') return (await traced(setting)) ?? { state: 'unknown', evidence: [], reason: 'agent-ended' };
    if (seen.kind === 'empty' && pressed) {
      const outcome = await emptied(setting, seen.reading, world);
      const mayTellMore = setting.traces !== null || setting.beats.speaks(setting.beat);
      if (outcome.state === 'queued') return outcome;
      if (!mayTellMore) return begunAfter(setting, outcome.evidence) ?? outcome;
      weak = { outcome, until: now + patience.stronger };
      continue;
    }
    // A composer that is known only while it is empty does not show that the text is gone.
    const begun = pressed && seen.kind === 'unclear' ? begunAfter(setting, []) : null;
    if (begun !== null) return begun;
    if (now - first >= patience.taken) return atLast(seen.kind);
    if (seen.kind === 'ours' && (!pressed || now - first >= (due[0] ?? Number.POSITIVE_INFINITY))) {
      if (pressed) due = due.slice(1);
      pressed = (await press()) === null || pressed;
    }
  }
}

/** What is seen of the text in this moment. */
type Seen =
  | { readonly kind: 'empty'; readonly reading: ScreenReading }
  | { readonly kind: 'ours' | 'mixed' | 'other' | 'dialog' | 'unclear' | 'gone' };

async function look({ target, adapter, text }: Setting, { panes }: DeliveryWorld): Promise<Seen> {
  const { obstacle, screen } = await panes.look(target);
  if (obstacle === 'gone' || obstacle === 'dead') return { kind: 'gone' };
  const reading = adapter.readScreen(screen);
  if (reading.state === 'dialog') return { kind: 'dialog' };
  if (reading.composer === null) return { kind: 'unclear' };
  const kind = resemblance(reading.composer, text);
  return kind === 'empty' ? { kind, reading } : { kind };
}

async function traced({ traces, mark, text, reading }: Setting): Promise<Outcome | null> {
  const found = (await traces?.since(mark, text)) ?? null;
  if (found === null) return null;
  if (found === 'turn') return { state: 'turn-started', evidence: ['transcript-turn'], reason: null };
  return reading.state === 'busy'
    ? { state: 'queued', evidence: ['transcript-record', 'runtime-queue'], reason: null }
    : { state: 'submitted', evidence: ['transcript-record'], reason: null };
}

/** The agent says itself that it has begun a turn, and was in none before. */
function begunAfter({ beats, beat, reading }: Setting, evidence: readonly EvidenceName[]): Outcome | null {
  const by = reading.state === 'busy' ? null : beats.begunSince(beat);
  return by === null ? null : { state: 'turn-started', evidence: [by, ...evidence], reason: null };
}

/** It was seen in the composer before, and is not there any more. */
async function emptied(setting: Setting, { state }: ScreenReading, world: DeliveryWorld): Promise<Outcome> {
  if (setting.reading.state === 'busy' && state === 'busy')
    return { state: 'queued', evidence: ['runtime-queue', 'composer-empty'], reason: null };
  const more = await isOnScreen(setting, world);
  return { state: 'submitted', evidence: more ? ['composer-empty', 'scrollback'] : ['composer-empty'], reason: null };
}

function atLast(kind: Seen['kind']): Outcome {
  if (kind === 'ours') return { state: 'typed', evidence: ['composer-text'], reason: 'no-evidence' };
  if (kind === 'mixed') return { state: 'typed', evidence: ['composer-text'], reason: 'mixed' };
  return { state: 'unknown', evidence: [], reason: kind === 'dialog' ? 'dialog' : 'no-evidence' };
}
