import type { RuntimeAdapter, TranscriptRecord } from './adapter.ts';
import { parsedObject } from './json.ts';

/** What the lines of a transcript say; lines that say nothing here, torn ones among them, are left out. */
export function recordsOf({ transcript }: Pick<RuntimeAdapter, 'transcript'>, text: string): readonly TranscriptRecord[] {
  if (transcript === null) return [];
  return text.split('\n').flatMap((line) => {
    const value = line === '' ? null : parsedObject(line);
    const record = value === null ? null : transcript.record(value);
    return record === null ? [] : [record];
  });
}

/**
 * Whether what was written since a baseline shows that just this text was accepted: `turn`, a turn began with it; `record`, it was taken
 * for a later one. White space counts for nothing, since composers cut and wrap it.
 */
export function transcriptHas(
  adapter: Pick<RuntimeAdapter, 'transcript'>,
  since: string,
  message: string,
): 'turn' | 'record' | null {
  const sought = squeezed(message);
  const texts = recordsOf(adapter, since).flatMap((record) =>
    (record.kind === 'turn' || record.kind === 'queued') && isSame(squeezed(record.text), sought) ? [record.kind] : [],
  );
  if (texts.includes('turn')) return 'turn';
  return texts.includes('queued') ? 'record' : null;
}

const squeezed = (text: string): string => text.replace(/\s+/g, ' ').trim();

/** A short text within another one may be there by chance. */
const isSame = (found: string, sought: string): boolean =>
  found === sought || (sought.length >= longEnough && found.includes(sought));

const longEnough = 24;
