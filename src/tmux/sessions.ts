import { isName } from '../model/names.ts';
import type { ObservedSession, ObservedTmux } from '../model/observation.ts';
import { PortError, type SessionReader, type SessionTag, type SessionWriter } from '../model/ports.ts';
import { type RunTmux, type TmuxAnswer, tmuxRunner } from './run.ts';

/** Environment of the calling process: its PATH finds tmux, its TMUX_TMPDIR the socket. */
type Environment = Readonly<Record<string, string | undefined>>;

/** One spawn of tmux per look, answered within `deadline` milliseconds. No server on the socket is a known state: no sessions. */
export function sessionReader(env: Environment, deadline = 10_000): SessionReader {
  const tmux = tmuxRunner(env, deadline);
  return {
    list: async (socket) => {
      const answer = await tmux(socket, ['list-panes', '-a', '-F', rowFormat]);
      if (answer.status === 0) return { socket, server: true, sessions: sessionsOf(answer.stdout) };
      if (isNoServer(answer)) return { socket, server: false, sessions: [] } satisfies ObservedTmux;
      if (isEmptyServer(answer)) return { socket, server: true, sessions: [] };
      throw failure('list the sessions', socket, answer);
    },
  };
}

export function sessionWriter(env: Environment, deadline = 10_000): SessionWriter {
  const tmux = tmuxRunner(env, deadline);
  return { kill: (socket, session) => kill(tmux, socket, session) };
}

// A tag is a name, or it is none: left out where it has other characters, no value can hold the separator.
// tmux compiles a regular expression anew for each pane, which doubles the time of a look; a glob costs next to nothing.
const plain = (option: string): string => `#{?#{m:*[!a-z0-9-]*,#{${option}}},,#{${option}}}`;
const rowFormat = [
  '#{session_id}',
  '#{pane_dead}',
  '#{pane_pid}',
  '#{session_created}',
  '#{window_activity}',
  plain('@muster_agent'),
  plain('@muster_incarnation'),
  '#{session_name}',
].join('\t');

function sessionsOf(rows: string): readonly ObservedSession[] {
  const sessions = new Map<string, ObservedSession>();
  for (const row of rows.split('\n')) {
    if (row === '') continue;
    const pane = paneOf(row);
    const first = sessions.get(pane.id);
    sessions.set(pane.id, first === undefined ? pane : joined(first, pane));
  }
  return [...sessions.values()];
}

const joined = (first: ObservedSession, other: ObservedSession): ObservedSession => ({
  ...first,
  alive: first.alive || other.alive,
  changed: Math.max(first.changed ?? 0, other.changed ?? 0),
});

function paneOf(row: string): ObservedSession {
  const [id = '', dead, pid, created, changed, tag = '', run = '', ...name] = row.split('\t');
  if (!isSessionId(id) || name.length === 0)
    throw new PortError('failed', `tmux gave a line that is none: ${JSON.stringify(row)}`);
  const [agent, incarnation] = isName(tag) ? [tag, run] : ['', ''];
  return {
    id,
    name: name.join('\t'),
    agent,
    incarnation,
    alive: dead !== '1',
    pid: Number(pid),
    created: Number(created),
    changed: Number(changed),
  };
}

const isSessionId = (text: string): boolean => /^\$\d+$/.test(text);

async function kill(tmux: RunTmux, socket: string, { id, agent, incarnation }: SessionTag): Promise<void> {
  if (!isSessionId(id)) throw new PortError('failed', `${JSON.stringify(id)} is no tmux session id`);
  if (!isTag(agent) || !isTag(incarnation)) throw new PortError('failed', `session ${id} has no tag of ours to know it by`);
  // Test and deed in one step of the server.
  const isStillThat = `#{&&:#{==:#{@muster_agent},${agent}},#{==:#{@muster_incarnation},${incarnation}}}`;
  const answer = await tmux(socket, ['if-shell', '-F', '-t', `${id}:`, isStillThat, `kill-session -t '${id}'`]);
  if (answer.status === 0 || isNoServer(answer) || isEmptyServer(answer) || isNoSession(answer)) return;
  throw failure(`end session ${id}`, socket, answer);
}

/** Nothing that a tmux format could read anything into. An incarnation may be empty: its session was tagged by hand. */
const isTag = (text: string): boolean => /^[a-z0-9-]*$/.test(text);

const isNoServer = ({ stderr }: TmuxAnswer): boolean =>
  /^no server running on /m.test(stderr) ||
  /^error connecting to .* \((No such file or directory|Connection refused)\)$/m.test(stderr);

/** The answer of a server that stays without sessions. */
const isEmptyServer = ({ stderr }: TmuxAnswer): boolean => /^no current (target|session)$/m.test(stderr);

const isNoSession = ({ stderr }: TmuxAnswer): boolean => /^can't find (session|window|pane)/m.test(stderr);

function failure(doing: string, socket: string, { stderr, status }: TmuxAnswer): PortError {
  const why = stderr.trim() === '' ? `tmux ended with status ${status}` : stderr.trim();
  return new PortError('failed', `cannot ${doing} on tmux socket ${socket}: ${why}`);
}
