import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export function appendTranscript(directory: string, record: Readonly<Record<string, unknown>>): void {
  appendFileSync(join(directory, 'transcript.jsonl'), `${JSON.stringify(record)}\n`);
}

/** First heading of a role document; empty where there is none to read. */
export function roleTitle(file: string): string {
  try {
    return /^#\s+(.+)$/m.exec(readFileSync(file, 'utf8').replace(/^---\n[\s\S]*?\n---\n/, ''))?.[1]?.trim() ?? '';
  } catch {
    return '';
  }
}
