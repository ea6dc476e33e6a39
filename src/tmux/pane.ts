import { isName } from '../model/names.ts';
import { PortError } from '../model/ports.ts';
import { type RunTmux, type TmuxAnswer, tmuxRunner } from './run.ts';

/** The first pane of the session of one run of an agent's unit. Ids are given anew when a server is, so its pid belongs to it. */
export interface PaneTarget {
  readonly socket: string;
  readonly server: number;
  /** Such as `%3`. */
  readonly pane: string;
  /** Process id of its first process. */
  readonly pid: number;
  /** Absolute path of its terminal. */
  readonly tty: string;
  readonly agent: string;
  readonly incarnation: string;
}

/** `other-run`: the agent's session is of another run of its unit. */
export type PaneAbsence = 'no-server' | 'no-session' | 'other-run' | 'dead';

/** What keeps a pane from taking input. `gone`: it is not that pane of that run any more. */
export type PaneObstacle = 'gone' | 'dead' | 'mode' | 'input-off' | 'synchronized';

export interface PaneLook {
  /** `null` where it can take input. */
  readonly obstacle: PaneObstacle | null;
  /** The visible screen, wrapped lines joined, colours as SGR codes. */
  readonly screen: string;
}

export interface PaneDriver {
  find(socket: string, agent: string, incarnation: string): Promise<PaneTarget | PaneAbsence>;
  look(target: PaneTarget): Promise<PaneLook>;
  /** The last `lines` lines of history and the screen, plain, wrapped lines joined. */
  history(target: PaneTarget, lines: number): Promise<string>;
  /** `null`: pasted, bracketed where the program asked for that. Otherwise nothing was. A rejection leaves that open. */
  paste(target: PaneTarget, buffer: string, text: string): Promise<PaneObstacle | null>;
  /** Sends these bytes as they are, under the same conditions. */
  press(target: PaneTarget, bytes: string): Promise<PaneObstacle | null>;
  /** A buffer that is not there is no failure. */
  dropBuffer(socket: string, buffer: string): Promise<void>;
}

/** Each call answers within `deadline` milliseconds. Condition and deed are always one step of the server: tmux 3.3a breaks down when something is pasted into a dead pane. */
export function paneDriver(env: Readonly<Record<string, string | undefined>>, deadline = 10_000): PaneDriver {
  const tmux = tmuxRunner(env, deadline);
  return {
    find: (socket, agent, incarnation) => find(tmux, socket, agent, incarnation),
    look: (target) => look(tmux, target),
    history: async (target, lines) => {
      const capture = `capture-pane -p -J -S -${lines} -t ${target.pane}`;
      const { stdout } = await tmux(target.socket, ['if-shell', '-F', '-t', target.pane, isThat(target), capture]);
      return stdout;
    },
    paste: (target, buffer, text) => paste(tmux, target, buffer, text),
    press: async (target, bytes) => {
      const hex = [...Buffer.from(bytes)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
      return obstacleIn(
        await tmux(target.socket, guarded(target, `send-keys -t ${target.pane} -H ${hex}`, '')),
        'press a key in',
      );
    },
    dropBuffer: async (socket, buffer) => void (await tmux(socket, ['delete-buffer', '-b', nameOf(buffer)])),
  };
}

const rowFormat = ['#{pid}', '#{pane_id}', '#{pane_dead}', '#{pane_pid}', '#{pane_tty}', '#{@muster_incarnation}'].join('\t');

async function find(tmux: RunTmux, socket: string, agent: string, incarnation: string): Promise<PaneTarget | PaneAbsence> {
  if (!isName(agent)) throw new PortError('refused', `${JSON.stringify(agent)} cannot be the name of an agent`);
  const answer = await tmux(socket, ['list-panes', '-a', '-f', `#{==:#{@muster_agent},${agent}}`, '-F', rowFormat]);
  if (answer.status !== 0) return absence(answer);
  const rows = answer.stdout.split('\n').filter((row) => row !== '');
  const own = rows.map((row) => row.split('\t')).filter(([, , , , , tag]) => tag === incarnation);
  // The agent's pane was there first; others were split off it.
  const [first] = own.sort(([, a = ''], [, b = '']) => Number(a.slice(1)) - Number(b.slice(1)));
  if (first === undefined) return rows.length === 0 ? 'no-session' : 'other-run';
  const [server, pane = '', dead, pid, tty = ''] = first;
  if (dead === '1') return 'dead';
  return { socket, server: Number(server), pane, pid: Number(pid), tty, agent, incarnation };
}

function absence({ stderr, status }: TmuxAnswer): PaneAbsence {
  if (isNoServer(stderr)) return 'no-server';
  if (/^no current (target|session)$/m.test(stderr)) return 'no-session';
  throw new PortError('failed', `cannot list the panes: ${stderr.trim() || `tmux ended with status ${status}`}`);
}

const isNoServer = (stderr: string): boolean =>
  /^(no server running on |error connecting to .* \((No such file or directory|Connection refused)\)$)/m.test(stderr);

/** Nobody was there whom anything could have been typed to. A server that ends meanwhile says something else. */
const isGone = (stderr: string): boolean =>
  isNoServer(stderr) || /^(can't find (pane|session|window)|no current (target|session)$)/m.test(stderr);

/** Of a missing pane every field is empty. */
const isThat = ({ server, agent, incarnation }: PaneTarget): string =>
  all([`#{==:#{pid},${server}}`, `#{==:#{@muster_agent},${agent}}`, `#{==:#{@muster_incarnation},${incarnation}}`]);

const takesInput = ['pane_dead', 'pane_in_mode', 'pane_input_off', 'pane_synchronized'].map((flag) => `#{==:#{${flag}},0}`);

const all = (conditions: readonly string[]): string => conditions.reduceRight((rest, condition) => `#{&&:${condition},${rest}}`);

const told = 'taken';
const flags = '#{pane_dead} #{pane_in_mode} #{pane_input_off} #{pane_synchronized}';

/** `if-shell` with the deed, else what keeps it from being done. */
function guarded(target: PaneTarget, deed: string, otherwise: string): readonly string[] {
  const { pane } = target;
  const refused = `${otherwise}display-message -p -t ${pane} "#{?${isThat(target)},refused ${flags},gone}"`;
  const condition = all([isThat(target), ...takesInput]);
  return ['if-shell', '-F', '-t', pane, condition, `${deed} ; display-message -p ${told}`, refused];
}

function obstacleIn({ stdout, stderr, status }: TmuxAnswer, doing: string): PaneObstacle | null {
  const line = stdout.split('\n')[0] ?? '';
  if (line === told) return null;
  if (line === 'gone' || (line === '' && isGone(stderr))) return 'gone';
  const [word, ...values] = line.split(' ');
  if (word !== 'refused') throw new PortError('failed', `cannot ${doing} a pane: ${stderr.trim() || `status ${status}`}`);
  return obstacleOf(values) ?? 'gone';
}

function obstacleOf([dead, mode, off, synchronized]: readonly string[]): PaneObstacle | null {
  if (dead !== '0') return 'dead';
  if (mode !== '0') return 'mode';
  if (off !== '0') return 'input-off';
  return synchronized === '0' ? null : 'synchronized';
}

async function look(tmux: RunTmux, target: PaneTarget): Promise<PaneLook> {
  const { pane, socket } = target;
  const show = `display-message -p -t ${pane} "${flags}" ; capture-pane -p -e -J -t ${pane}`;
  const answer = await tmux(socket, ['if-shell', '-F', '-t', pane, isThat(target), show, 'display-message -p gone']);
  if (answer.status !== 0 && isGone(answer.stderr)) return { obstacle: 'gone', screen: '' };
  if (answer.status !== 0) throw new PortError('failed', `cannot look at a pane: ${answer.stderr.trim()}`);
  const end = answer.stdout.indexOf('\n');
  const first = answer.stdout.slice(0, end);
  if (!/^\d \d+ \d \d$/.test(first)) return { obstacle: 'gone', screen: '' };
  return { obstacle: obstacleOf(first.split(' ')), screen: answer.stdout.slice(end + 1) };
}

async function paste(tmux: RunTmux, target: PaneTarget, buffer: string, text: string): Promise<PaneObstacle | null> {
  const name = nameOf(buffer);
  const deed = `paste-buffer -d -p -r -b ${name} -t ${target.pane}`;
  const steps = ['load-buffer', '-b', name, '-', ';', ...guarded(target, deed, `delete-buffer -b ${name} ; `)];
  return obstacleIn(await tmux(target.socket, steps, text), 'paste into');
}

function nameOf(buffer: string): string {
  if (/^[a-z0-9-]+$/.test(buffer)) return buffer;
  throw new PortError('failed', `${JSON.stringify(buffer)} cannot be the name of a buffer`);
}
