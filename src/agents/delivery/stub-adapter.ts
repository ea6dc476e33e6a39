import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Composer, DeliveryAdapter, ScreenReading, Traces } from './adapter-port.ts';
import { plainRows } from './screen-text.ts';

/** The built-in stub; see `src/agents/stub`. */
export const stubAdapter: DeliveryAdapter = {
  runtime: 'stub',
  submit: '\r',
  settleMs: 50,
  queuesWhileBusy: true,
  sigils: ['/', '!', '#'],
  readScreen,
  traces: (environment) => (environment.MOSAIC_RUN === undefined ? null : transcript(environment.MOSAIC_RUN)),
};

const status = /^[a-z0-9-]+ · (idle|busy|waiting|hung)(?: · \d+ queued)?$/;

function readScreen(screen: string): ScreenReading {
  const rows = plainRows(screen);
  const last = rows.findLastIndex(({ text }) => text !== '');
  const phase = status.exec(rows[last]?.text ?? '')?.[1];
  if (phase === undefined) return { state: 'starting', composer: null, detail: 'no status line' };
  if (phase === 'waiting') return { state: 'dialog', composer: null, detail: rows[last - 1]?.text ?? '' };
  const composer = composerAbove(rows.slice(0, last));
  return { state: phase === 'hung' ? 'unknown' : phase === 'busy' ? 'busy' : 'idle', composer, detail: phase };
}

function composerAbove(rows: ReturnType<typeof plainRows>): Composer | null {
  const first = rows.findLastIndex(({ text }) => text === '>' || text.startsWith('> '));
  if (first < 0) return null;
  const text = rows
    .slice(first)
    .map(({ bright }) => bright.slice(2))
    .join('\n')
    .trim();
  return { text, folded: /\[Pasted text #\d+ \+\d+ lines\]/.test(text) };
}

function transcript(directory: string): Traces {
  const file = join(directory, 'transcript.jsonl');
  return {
    mark: async () => (await contentFrom(file, 0)).length,
    since: async (mark, text) => {
      const lines = (await contentFrom(file, typeof mark === 'number' ? mark : 0)).toString('utf8').split('\n');
      return lines.some((line) => isUserRecord(line, text)) ? 'turn' : null;
    },
  };
}

function isUserRecord(line: string, text: string): boolean {
  try {
    const record = JSON.parse(line) as { readonly type?: unknown; readonly text?: unknown } | null;
    return record?.type === 'user' && typeof record.text === 'string' && record.text.trim() === text.trim();
  } catch {
    return false;
  }
}

async function contentFrom(file: string, offset: number): Promise<Buffer> {
  try {
    return (await readFile(file)).subarray(offset);
  } catch {
    return Buffer.alloc(0);
  }
}
