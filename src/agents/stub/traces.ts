import { appendFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Heartbeat } from '../../model/agents.ts';

/** Atomic: a reader sees the old one or the new one. */
export function writeHeartbeat(directory: string, heartbeat: Heartbeat): void {
  const file = join(directory, 'heartbeat.json');
  writeFileSync(`${file}.new`, `${JSON.stringify(heartbeat)}\n`);
  renameSync(`${file}.new`, file);
}

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
