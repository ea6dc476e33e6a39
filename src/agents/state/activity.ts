import type { Activity, ActivityState, EvidenceSource, Heartbeat, Incarnation } from '../../model/agents.ts';
import type { ScreenReading } from '../delivery/adapter-port.ts';
import type { RuntimeAdapter, RuntimeState } from '../runtimes/adapter.ts';
import { ofAge } from '../runtimes/read-screen.ts';
import { isOfRun, stateOfWord } from './heartbeat.ts';

/** Where a conversation stands, by the last line of its transcript that says so. */
export interface Standing {
  readonly state: ActivityState;
  /** RFC 3339, UTC. */
  readonly at: string | null;
  readonly detail: string;
}

/** All that was found out about one agent. What could not be is `null`, which is no evidence of anything. */
export interface Evidence {
  readonly unit: { readonly phase: 'live' | 'starting' | 'down' | 'unknown'; readonly detail: string };
  /** InvocationID of the unit's run; empty where there is none. */
  readonly invocation: string;
  /** Living processes of the run. */
  readonly processes: readonly Incarnation[];
  /** Milliseconds since the epoch at which the run began: what is older is of another one. */
  readonly began: number | null;
  readonly runtime: (RuntimeState & { readonly pid: number }) | null;
  readonly transcript: Standing | null;
  readonly heartbeat: Heartbeat | null;
  readonly screen: ScreenReading | null;
  /** Milliseconds since the epoch of the transcript's last change; of the screen's only where there is none: a spinner is no progress. */
  readonly changed: number | null;
}

/** A heartbeat that is missed so many times in a row is no delay any more. */
const missedBeats = 6;

type Adapter = Pick<RuntimeAdapter, 'beatsEvery' | 'hungAfter' | 'transcript'>;

/**
 * What an agent does, `now` in milliseconds since the epoch. The runtime's own word counts first, then its transcript or a later heartbeat, then
 * its screen. Evidence of another run counts for nothing; without evidence the state is unknown, never idle.
 */
export function activityOf(adapter: Adapter, evidence: Evidence, now: number): Activity {
  const { unit } = evidence;
  if (unit.phase !== 'live') return ofUnit(unit.phase, unit.detail);
  const beat = heartbeatOf(evidence);
  const silent = silence(adapter, beat, now);
  if (silent !== null) return silent;
  const transcript = ofTranscript(evidence);
  const own = isOfAnother(beat, transcript, adapter) ? null : beat;
  const claims = ranked(ofRuntime(evidence), transcript, own, ofScreen(evidence, now));
  const [best] = claims;
  if (best === undefined) return untold(evidence.screen);
  const activity = refined(best, claims);
  return activity.state === 'busy' ? (hung(adapter, activity, evidence, now) ?? activity) : activity;
}

function ofUnit(phase: 'starting' | 'down' | 'unknown', detail: string): Activity {
  const states = { starting: 'starting', down: 'dead', unknown: 'unknown' } as const;
  return { state: states[phase], source: 'unit', at: null, detail };
}

function heartbeatOf({ heartbeat, invocation, processes }: Evidence): Activity | null {
  if (heartbeat === null || !isOfRun(heartbeat, invocation, processes)) return null;
  const { state: said, at } = heartbeat;
  return { state: stateOfWord(said), source: 'heartbeat', at, detail: `says ${said.slice(0, 40)}` };
}

/** The end of a turn of which this conversation's transcript does not know. */
const isOfAnother = (beat: Activity | null, turn: Activity | null, { transcript }: Adapter): boolean =>
  transcript?.tellsEnds === true && turn?.state === 'busy' && beat?.state === 'idle';

/** Who beats by itself and stops is hung, whatever was last seen of it. */
function silence({ beatsEvery }: Pick<RuntimeAdapter, 'beatsEvery'>, beat: Activity | null, now: number): Activity | null {
  if (beatsEvery === null || beat?.at == null || now - Date.parse(beat.at) <= missedBeats * beatsEvery) return null;
  return { ...beat, state: 'hung', detail: `no heartbeat any more, last said: ${beat.detail.slice(5)}` };
}

function ofRuntime({ runtime, processes, began }: Evidence): Activity | null {
  if (runtime === null || isBefore(runtime.at, began)) return null;
  const { pid, startTime, state, at, detail } = runtime;
  const isAlive = processes.some((process) => process.pid === pid && (startTime === null || process.start_time === startTime));
  return isAlive ? { state, source: 'runtime', at, detail } : null;
}

function ofTranscript({ transcript, began }: Evidence): Activity | null {
  if (transcript === null || transcript.at === null || isBefore(transcript.at, began)) return null;
  return { ...transcript, source: 'transcript' };
}

/** A clock that was set meanwhile may be off by a little. */
const isBefore = (at: string | null, began: number | null): boolean =>
  at !== null && began !== null && Date.parse(at) < began - 2000;

function ofScreen({ screen, began }: Evidence, now: number): Activity | null {
  if (screen === null) return null;
  const { state: shown, detail } = ofAge(screen, began, now);
  const state: ActivityState = shown === 'dialog' ? 'waiting-for-input' : shown;
  return { state, source: 'pane', at: null, detail };
}

function untold(screen: ScreenReading | null): Activity {
  const why = screen === null ? 'nothing shows what it does' : `${screen.detail}, and nothing else shows what it does`;
  return { state: 'unknown', source: 'unit', at: null, detail: `it runs; ${why}` };
}

/** Best first. A transcript only tells of what has happened: a heartbeat that is later tells more. */
function ranked(
  runtime: Activity | null,
  transcript: Activity | null,
  beat: Activity | null,
  screen: Activity | null,
): readonly Activity[] {
  const isLater = beat !== null && transcript !== null && (beat.at ?? '') > (transcript.at ?? '');
  const order = isLater ? [runtime, beat, transcript, screen] : [runtime, transcript, beat, screen];
  return order.flatMap((claim) => (claim === null || claim.state === 'unknown' ? [] : [claim]));
}

/** What sources further down can see and the best one cannot tell apart. */
const finer: Readonly<Partial<Record<ActivityState, readonly (readonly [EvidenceSource, ActivityState])[]>>> = {
  idle: [
    ['transcript', 'rate-limited'],
    ['pane', 'rate-limited'],
    ['pane', 'waiting-for-input'],
  ],
  busy: [
    ['pane', 'waiting-for-input'],
    ['pane', 'rate-limited'],
  ],
};

function refined(best: Activity, claims: readonly Activity[]): Activity {
  const details = finer[best.state] ?? [];
  return claims.find(({ source, state }) => details.some((fine) => fine[0] === source && fine[1] === state)) ?? best;
}

function hung(
  { hungAfter }: Pick<RuntimeAdapter, 'hungAfter'>,
  busy: Activity,
  { changed }: Evidence,
  now: number,
): Activity | null {
  const last = Math.max(busy.at === null ? Number.NEGATIVE_INFINITY : Date.parse(busy.at), changed ?? Number.NEGATIVE_INFINITY);
  if (!Number.isFinite(last) || now - last <= hungAfter) return null;
  const minutes = Math.floor((now - last) / 60_000);
  return { ...busy, state: 'hung', detail: `busy, and nothing has changed for ${minutes} min` };
}
