import { setTimeout } from 'node:timers/promises';
import { newLines } from '../agents/pane-lines.ts';
import { readJournal } from '../host/journal.ts';
import { messageOf } from '../model/message-of.ts';
import { agentUnit } from '../model/names.ts';
import type { ObservedSession } from '../model/observation.ts';
import { PortError } from '../model/ports.ts';
import { renderJsonLine } from '../views/json.ts';
import { type LogLine, renderLogLine } from '../views/logs.ts';
import { type Context, type ExitStatus, exitStatus } from './context.ts';
import { refuseUnknownAgent } from './delivery.ts';
import { type Eye, withEye } from './eye.ts';
import { formatOf, type OutputFlags } from './flags.ts';
import { show, styleOf, tell } from './output.ts';
import { refuse } from './refusal.ts';
import { durationOf, timeOf, wrong } from './time.ts';

export interface LogsFlags extends OutputFlags {
  readonly follow?: boolean;
  readonly lines: string;
  readonly since?: string;
}

interface Wanted {
  readonly name: string;
  /** Of each source. */
  readonly lines: number;
  readonly since: Date | null;
  readonly follow: AbortSignal | null;
}

interface Sink {
  readonly line: (line: LogLine) => void;
  /** Why a source says nothing, or not all. */
  readonly problem: (source: LogLine['source'], why: string) => void;
}

/** What the journal has of an agent's unit, then what its terminal shows and has shown; with `--follow` what comes, of both. */
export async function logs(name: string, flags: LogsFlags, context: Context): Promise<ExitStatus> {
  const [lines, since] = [linesOf(flags.lines), sinceOf(flags.since, context)];
  return withEye(context, async (eye, facts) => {
    await refuseUnknownAgent(name, facts, eye);
    const problems = new Map<string, string>();
    const wanted: Wanted = { name, lines, since, follow: flags.follow === true ? context.interruptions() : null };
    const sink = sinkOf(name, problems, flags, context);
    const told = journal(wanted, sink, context);
    // Followed, it does not end.
    if (wanted.follow === null) await told;
    const seen = await pane(wanted, eye, sink);
    if (wanted.follow !== null) await Promise.all([told, followPane(wanted, wanted.follow, seen, eye, sink, flags, context)]);
    else if (problems.has('journal') && problems.has('pane')) throw nothing(name, problems);
    return exitStatus.done;
  });
}

function linesOf(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw wrong('--lines', text, 'is no number of lines', 'Such as 200.');
}

function sinceOf(text: string | undefined, { date }: Context): Date | null {
  if (text === undefined) return null;
  return /^(?:\d+[smhdw])+$/.test(text) ? new Date(date().getTime() - durationOf(text, '--since')) : timeOf(text, '--since');
}

function sinkOf(agent: string, problems: Map<string, string>, flags: LogsFlags, context: Context): Sink {
  const style = styleOf(flags, context.stdout, context);
  const remark = styleOf(flags, context.stderr, context).yellow('!');
  const isJson = formatOf(flags) === 'json';
  return {
    line: (line) =>
      show(isJson ? renderJsonLine({ format_version: '1.0', agent, ...line }) : renderLogLine(line, style), context),
    problem: (source, why) => {
      if (!problems.has(source) && flags.quiet !== true) tell(`${remark} ${source}: ${why}\n`, context);
      problems.set(source, why);
    },
  };
}

const nothing = (name: string, problems: ReadonlyMap<string, string>) =>
  refuse({
    code: 'logs/unreadable',
    summary: `there is nothing of ${name} that could be read`,
    detail: [...problems].map(([source, why]) => `${source}: ${why}`).join('; '),
    hint: `muster explain ${name} tells how it stands.`,
  });

async function journal({ name, lines, since, follow }: Wanted, sink: Sink, { env }: Context): Promise<void> {
  let entries = 0;
  let why = '';
  await readJournal(
    env,
    { unit: agentUnit(name), lines, since, follow },
    {
      entry: (entry) => {
        entries += 1;
        sink.line({ source: 'journal', ...entry });
      },
      problem: (text) => {
        why ||= text;
        if (follow !== null && entries === 0) sink.problem('journal', why);
      },
    },
  );
  // Beside entries it is a remark on journals of others.
  if (entries === 0 && why !== '') sink.problem('journal', why);
}

interface SeenPane {
  readonly session: ObservedSession;
  readonly lines: readonly string[];
}

/** Gives what was read of a terminal, where there is one. */
async function pane({ name, lines, since, follow }: Wanted, eye: Eye, sink: Sink): Promise<SeenPane | null> {
  const session = await sessionOf(name, eye).catch(asProblem(sink));
  const history = session === null ? null : await eye.history(session, follow === null ? lines : followed).catch(asProblem(sink));
  if (session === null || history === null) {
    sink.problem('pane', 'it does not run now, so there is no terminal to read');
    return null;
  }
  const seen = { session, lines: linesIn(history.text) };
  if (since !== null && history.changed < since.getTime())
    sink.problem('pane', `its terminal shows nothing newer than ${new Date(history.changed).toISOString()}`);
  else for (const text of lines === 0 ? [] : seen.lines.slice(-lines)) sink.line(paneLine(text));
  return seen;
}

const sessionOf = async (name: string, eye: Eye): Promise<ObservedSession | null> => (await eye.sessions()).get(name) ?? null;

const asProblem =
  (sink: Sink) =>
  (error: unknown): null => {
    if (!(error instanceof PortError)) throw error;
    sink.problem('pane', messageOf(error));
    return null;
  };

const linesIn = (text: string): readonly string[] => {
  const lines = text.split('\n').map((line) => line.trimEnd());
  return lines.slice(0, lines.findLastIndex((line) => line !== '') + 1);
};

const paneLine = (text: string): LogLine => ({ source: 'pane', at: null, priority: null, identifier: null, text });

const paceMs = 300;
/** Lines that may come between two looks and are still all seen. */
const followed = 2000;

/** What stays on the terminal for one look; after an end, what its next run shows. */
async function followPane(
  { name }: Wanted,
  follow: AbortSignal,
  seen: SeenPane | null,
  eye: Eye,
  sink: Sink,
  flags: LogsFlags,
  context: Context,
): Promise<void> {
  const news = newLines();
  news.begin(seen?.lines ?? []);
  let session = seen?.session ?? null;
  while (!follow.aborted) {
    await setTimeout(paceMs, undefined, { signal: follow }).catch(() => 'interrupted');
    const history = session === null ? null : await eye.history(session, followed).catch(() => null);
    if (history !== null) for (const text of news.next(linesIn(history.text))) sink.line(paneLine(text));
    else {
      const next = await sessionOf(name, eye).catch(() => null);
      if (next === null || next.id === session?.id) continue;
      if (flags.quiet !== true) tell(`· pane: ${name} runs in a new terminal\n`, context);
      news.begin([]);
      session = next;
    }
  }
}
