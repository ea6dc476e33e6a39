import { randomUUID } from 'node:crypto';
import { PortError } from '../model/ports.ts';
import { tmuxRunner } from './run.ts';

/** The session of one run of an agent's unit. */
export interface ScreenRequest {
  /** Such as `$3`. */
  readonly id: string;
  readonly agent: string;
  readonly incarnation: string;
}

export interface PaneScreen {
  /** The visible screen with SGR codes, wrapped lines joined. */
  readonly text: string;
  /** Milliseconds since the epoch of the last output, to the second. */
  readonly changed: number;
}

/**
 * Gives the screens of many sessions, by session id, with one spawn of tmux. A session that is gone, or is of another run by now, is left out.
 * Rejects with a PortError where tmux cannot be asked, or does not answer within `deadline` milliseconds.
 */
export function screenReader(
  env: Readonly<Record<string, string | undefined>>,
  deadline = 10_000,
): (socket: string, requests: readonly ScreenRequest[]) => Promise<ReadonlyMap<string, PaneScreen>> {
  const tmux = tmuxRunner(env, deadline);
  return async (socket, requests) => {
    if (!requests.every(isPlain)) throw new PortError('failed', 'one of the sessions has no tag of ours to know it by');
    const mark = randomUUID();
    // As lines of a file: where one fails, the next is still carried out.
    const { stdout } = await tmux(
      socket,
      ['source-file', '-'],
      `${requests.map((request) => lookAt(request, mark)).join('\n')}\n`,
    );
    return screensIn(stdout, mark);
  };
}

const isPlain = ({ id, agent, incarnation }: ScreenRequest): boolean =>
  /^\$\d+$/.test(id) && /^[a-z0-9-]+$/.test(agent) && /^[a-z0-9-]*$/.test(incarnation);

function lookAt({ id, agent, incarnation }: ScreenRequest, mark: string): string {
  const isStillThat = `#{&&:#{==:#{@muster_agent},${agent}},#{==:#{@muster_incarnation},${incarnation}}}`;
  // The dollar would be read as a variable, once for each time that the line is.
  const target = `'\\${id}:'`;
  const look = `display-message -p -t ${target} '${mark} #{session_id} #{window_activity}' ; capture-pane -p -e -J -t ${target}`;
  return `if-shell -F -t '${id}:' '${isStillThat}' "${look}"`;
}

function screensIn(output: string, mark: string): ReadonlyMap<string, PaneScreen> {
  const [, ...parts] = output.split(`${mark} `);
  return new Map(
    parts.flatMap((part) => {
      const [, id = '', activity = '', text = ''] = /^(\$\d+) (\d+)\n([\s\S]*)$/.exec(part) ?? [];
      return id === '' ? [] : [[id, { text, changed: Number(activity) * 1000 }] as const];
    }),
  );
}
