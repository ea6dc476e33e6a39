import { appendFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** One process of one boot: a pid alone is given again. `start_time` is field 22 of `/proc/PID/stat`, in clock ticks. */
export interface Incarnation {
  readonly boot_id: string;
  readonly pid: number;
  readonly start_time: number;
}

export interface Heartbeat {
  readonly format_version: '1.0';
  readonly agent: string;
  readonly incarnation: Incarnation;
  /** systemd's InvocationID of the unit run; empty outside a unit. */
  readonly invocation: string;
  readonly state: string;
  /** RFC 3339, UTC. */
  readonly at: string;
}

export function incarnationOf(pid: number): Incarnation {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The command name, in parentheses, may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { boot_id: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(), pid, start_time: Number(fields[19]) };
}

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
