import type { HistoryEntry } from '../model/controller.ts';
import { visible } from '../model/visible.ts';
import { causeWords } from './causes.ts';

/** Priority as syslog has it: 3 error, 4 warning, 5 notice, 6 information. */
export interface JournalLine {
  readonly priority: 3 | 4 | 5 | 6;
  readonly text: string;
}

/** What a history entry says in a log, a line for each thing. */
export function journal(entry: HistoryEntry): readonly JournalLine[] {
  return linesOf(entry).map(({ priority, text }) => ({ priority, text: visible(text) }));
}

function linesOf(entry: HistoryEntry): readonly JournalLine[] {
  switch (entry.kind) {
    case 'pass':
      return [
        ...entry.seen.map(({ name, ...cause }) => ({ priority: 5 as const, text: `${name}: ${causeWords(cause)}` })),
        ...entry.actions.map(({ id, outcome, reason, detail }): JournalLine => {
          const priority = outcome === 'failed' ? 3 : outcome === 'done' ? 6 : 4;
          return { priority, text: `${id} (${reason}): ${outcome}${detail === undefined ? '' : `, ${detail}`}` };
        }),
      ];
    case 'revision':
      return [
        { priority: entry.outcome === 'denied' || entry.outcome === 'quarantined' ? 4 : 5, text: `revision: ${entry.message}` },
      ];
    case 'suspended':
    case 'resumed':
      return [
        { priority: 5, text: `${entry.target} ${entry.kind} by ${entry.by}${entry.message === '' ? '' : `: ${entry.message}`}` },
      ];
    case 'controller':
      return [
        {
          priority: entry.event === 'failed' ? 3 : 5,
          text: `controller ${entry.event}${entry.message === '' ? '' : `: ${entry.message}`}`,
        },
      ];
  }
}
