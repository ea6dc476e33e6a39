import type { Classes } from './host.ts';

/** What the recorder wrote down, judged by the rule of the floor alone. */
export interface Verdict {
  /** Moments at which two orchestrators of one fleet were there, with both names. */
  readonly twoAtOnce: readonly string[];
  /** Times without a live orchestrator or enhancer, once there had been one. */
  readonly gaps: readonly Gap[];
  /** Agents that systemd and tmux did not agree on when the story was over. */
  readonly disagreements: readonly string[];
}

export interface Gap {
  /** Phase in which it began. */
  readonly phase: string;
  readonly fleet: string;
  readonly class: string;
  readonly milliseconds: number;
  /** Still open at the end of the story. */
  readonly open: boolean;
  /** Began in a phase in which the test itself took the host down. */
  readonly outage: boolean;
}

interface Phase {
  readonly name: string;
  readonly classes: Classes;
  readonly outage: boolean;
}

interface Entry {
  readonly at: number;
  readonly mark?: string;
  readonly bus?: 'up' | 'gone';
  readonly sessions?: readonly { readonly name: string; readonly agent: string; readonly pid: number; readonly alive: boolean }[];
  readonly agent?: string;
  readonly active?: string;
  readonly enter?: number;
  readonly exit?: number;
  readonly up?: number;
  readonly down?: number;
}

/** From and until, in microseconds; half open. */
interface Span {
  readonly agent: string;
  readonly from: number;
  readonly until: number;
}

interface Role {
  readonly fleet: string;
  readonly class: string;
}

export function judge(log: string, phases: readonly Phase[]): Verdict {
  const entries = log
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Entry);
  const starts = phases.map((_, index) => entries.find(({ mark }) => mark === `phase ${index}`)?.at ?? 0);
  const end = entries.findLast(({ mark }) => mark === 'end')?.at ?? entries.at(-1)?.at ?? 0;
  const roleAt = roles(phases, starts);
  const present = spans(entries, 'up', 'down', end);
  const active = spans(entries, 'enter', 'exit', end);
  return {
    twoAtOnce: [...overlaps(present, roleAt), ...doubles(entries, present, roleAt)],
    gaps: gaps(active, phases, starts, end, roleAt),
    disagreements: disagreements(entries, active, end),
  };
}

/** The class that an agent is started with at a time: of the phase's map, or of an earlier one that knew it. */
function roles(phases: readonly Phase[], starts: readonly number[]): (agent: string, at: number) => Role | null {
  return (agent, at) => {
    for (let index = phases.length - 1; index >= 0; index--) {
      const role = phases[index]?.classes[agent];
      if (role !== undefined && (starts[index] ?? 0) <= at) return role;
    }
    return phases[0]?.classes[agent] ?? null;
  };
}

/**
 * Spans between two of systemd's own timestamps: `enter`/`exit` of being active, `up`/`down` of being there at all. They tell
 * also of what happened between two signals. The end of the manager ends every span.
 */
function spans(entries: readonly Entry[], begin: 'enter' | 'up', close: 'exit' | 'down', end: number): Span[] {
  const found: Span[] = [];
  let points = new Map<string, { begins: Set<number>; ends: Set<number> }>();
  const settle = (until: number): void => {
    for (const [agent, { begins, ends }] of points) {
      const closes = [...ends].sort((a, b) => a - b);
      for (const from of begins) found.push({ agent, from, until: Math.min(until, closes.find((one) => one >= from) ?? until) });
    }
    points = new Map();
  };
  for (const entry of entries) {
    if (entry.bus === 'gone') settle(entry.at);
    if (entry.agent === undefined || entry.active === undefined) continue;
    const known = points.get(entry.agent) ?? { begins: new Set(), ends: new Set() };
    points.set(entry.agent, known);
    if ((entry[begin] ?? 0) > 0) known.begins.add(entry[begin] ?? 0);
    if ((entry[close] ?? 0) > 0) known.ends.add(entry[close] ?? 0);
  }
  settle(end);
  return found.sort((a, b) => a.from - b.from);
}

/** systemd's view: from the first step of a start to the end of the last process of a stop. */
function overlaps(present: readonly Span[], roleAt: (agent: string, at: number) => Role | null): string[] {
  const found: string[] = [];
  for (const [index, a] of present.entries()) {
    for (const b of present.slice(index + 1)) {
      const [one, other] = [roleAt(a.agent, a.from), roleAt(b.agent, b.from)];
      if (a.agent === b.agent || b.from >= a.until || !areRivals(one, other)) continue;
      found.push(`systemd: ${a.agent} and ${b.agent} for ${ms(Math.min(a.until, b.until) - b.from)} ms`);
    }
  }
  return found;
}

const areRivals = (a: Role | null, b: Role | null): boolean =>
  a !== null && b !== null && a.class === 'orchestrator' && b.class === 'orchestrator' && a.fleet === b.fleet;

/** tmux's view: two living panes of orchestrators in one look. */
function doubles(
  entries: readonly Entry[],
  present: readonly Span[],
  roleAt: (agent: string, at: number) => Role | null,
): string[] {
  return entries.flatMap(({ at, sessions = [] }) => {
    const role = (agent: string): Role | null =>
      roleAt(agent, present.findLast((span) => span.agent === agent && span.from <= at)?.from ?? at);
    const alive = [...new Set(sessions.filter((one) => one.alive).map(({ name }) => name))];
    return alive.flatMap((a, index) =>
      alive.slice(index + 1).flatMap((b) => (areRivals(role(a), role(b)) ? [`tmux: ${a} and ${b}`] : [])),
    );
  });
}

function gaps(
  active: readonly Span[],
  phases: readonly Phase[],
  starts: readonly number[],
  end: number,
  roleAt: (agent: string, at: number) => Role | null,
): Gap[] {
  const byRole = new Map<string, Span[]>();
  for (const span of active) {
    const role = roleAt(span.agent, span.from);
    if (role === null || !['orchestrator', 'enhancer'].includes(role.class)) continue;
    const key = `${role.fleet} ${role.class}`;
    byRole.set(key, [...(byRole.get(key) ?? []), span]);
  }
  return [...byRole].flatMap(([key, spans]) => {
    const [fleet = '', name = ''] = key.split(' ');
    return holes(spans, end).map(({ from, until }) => {
      const index = Math.max(
        0,
        starts.findLastIndex((start) => start <= from),
      );
      const { name: phase = '', outage = false } = phases[index] ?? {};
      return { phase, fleet, class: name, milliseconds: ms(until - from), open: until === end, outage };
    });
  });
}

/** Where no span is, after the first one. */
function holes(spans: readonly Span[], end: number): { from: number; until: number }[] {
  const found: { from: number; until: number }[] = [];
  let covered = spans[0]?.until ?? end;
  for (const { from, until } of spans) {
    if (from > covered) found.push({ from: covered, until: from });
    covered = Math.max(covered, until);
  }
  return covered < end ? [...found, { from: covered, until: end }] : found;
}

function disagreements(entries: readonly Entry[], active: readonly Span[], end: number): string[] {
  const units = new Set(active.filter(({ until }) => until === end).map(({ agent }) => agent));
  const last = entries.findLast(({ sessions }) => sessions !== undefined)?.sessions ?? [];
  const alive = new Set(last.filter((one) => one.alive && one.agent !== '').map(({ agent }) => agent));
  return [
    ...[...units].filter((agent) => !alive.has(agent)).map((agent) => `${agent} is active without a living pane`),
    ...[...alive].filter((agent) => !units.has(agent)).map((agent) => `${agent} has a living pane without an active unit`),
  ];
}

const ms = (microseconds: number): number => Math.round(microseconds / 100) / 10;
