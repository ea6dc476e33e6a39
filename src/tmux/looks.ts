import { randomUUID } from 'node:crypto';
import { PortError } from '../model/ports.ts';
import { tmuxRunner } from './run.ts';

/** The session of one run of an agent's unit. */
export interface ScreenRequest {
  /** Such as `$3`. */
  readonly id: string;
  readonly agent: string;
  readonly incarnation: string;
  /** Seconds since the epoch of its last output, as a listing had it; absent where nobody listed it. */
  readonly changed?: number | undefined;
}

export interface Look {
  /** Values of the asked-for formats. */
  readonly values: readonly string[];
  readonly text: string;
}

export type ReadLooks = (socket: string, requests: readonly ScreenRequest[]) => Promise<ReadonlyMap<string, Look>>;

/**
 * Looks at many sessions with one spawn of tmux, which only ever asks: formats whose values have no blanks, and what `capture-pane` with these
 * flags gives of the active pane; by session id. A session that is gone, or is of another run by now, is left out. Rejects with a PortError where
 * tmux cannot be asked, or does not answer within `deadline` milliseconds.
 */
export function lookReader(
  env: Readonly<Record<string, string | undefined>>,
  deadline: number,
  formats: readonly string[],
  capture: string,
): ReadLooks {
  const tmux = tmuxRunner(env, deadline);
  return async (socket, requests) => {
    if (!requests.every(isPlain)) throw new PortError('failed', 'one of the sessions has no tag of ours to know it by');
    const mark = randomUUID();
    const lines = requests.map((request) => lookAt(request, `${mark} #{session_id} ${formats.join(' ')}`, capture));
    // As lines of a file: where one fails, the next is still carried out.
    const { stdout } = await tmux(socket, ['source-file', '-'], `${lines.join('\n')}\n`);
    return looksIn(stdout, mark);
  };
}

const isPlain = ({ id, agent, incarnation }: ScreenRequest): boolean =>
  /^\$\d+$/.test(id) && /^[a-z0-9-]+$/.test(agent) && /^[a-z0-9-]*$/.test(incarnation);

function lookAt({ id, agent, incarnation }: ScreenRequest, format: string, capture: string): string {
  const isStillThat = `#{&&:#{==:#{@muster_agent},${agent}},#{==:#{@muster_incarnation},${incarnation}}}`;
  // The dollar would be read as a variable, once for each time that the line is.
  const target = `'\\${id}:'`;
  const look = `display-message -p -t ${target} '${format}' ; capture-pane ${capture} -t ${target}`;
  return `if-shell -F -t '${id}:' '${isStillThat}' "${look}"`;
}

function looksIn(output: string, mark: string): ReadonlyMap<string, Look> {
  const [, ...parts] = output.split(`${mark} `);
  return new Map(
    parts.flatMap((part) => {
      const end = part.indexOf('\n');
      const [id = '', ...values] = part.slice(0, end).split(' ');
      return /^\$\d+$/.test(id) ? [[id, { values, text: part.slice(end + 1) }] as const] : [];
    }),
  );
}
