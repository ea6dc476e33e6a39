import { visible } from '../model/visible.ts';
import type { Style } from './style.ts';

/** One line of what an agent and its unit have said. */
export interface LogLine {
  /** `journal`: its unit, and systemd of it. `pane`: its terminal. */
  readonly source: 'journal' | 'pane';
  /** RFC 3339, UTC; a terminal's lines have none. */
  readonly at: string | null;
  /** As syslog has it. */
  readonly priority: number | null;
  readonly identifier: string | null;
  readonly text: string;
}

/** A line for each line; where it comes from stands first. */
export function renderLogLine({ source, at, priority, identifier, text }: LogLine, style: Style): string {
  const lines = text.split('\n').map(visible);
  if (source === 'pane')
    return lines
      .map((line) => `${style.dim('pane    │')} ${line}`.trimEnd())
      .join('\n')
      .concat('\n');
  const when = at === null ? '' : `${at.slice(0, 10)} ${at.slice(11, 19)}Z `;
  const paint = priority !== null && priority <= 3 ? style.red : priority === 4 ? style.yellow : String;
  const who = identifier === null || identifier === '' ? '' : `${visible(identifier)}: `;
  return lines.map((line) => `${style.dim(`journal │ ${when}`)}${who}${paint(line)}\n`).join('');
}
