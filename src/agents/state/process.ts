import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import type { Incarnation } from '../../model/agents.ts';

/** Throws where there is no such process. */
export function incarnationOf(pid: number): Incarnation {
  return { boot_id: bootId(), pid, start_time: statOf(pid).start };
}

/** The same; `null` where there is none. */
export const incarnationAt = (pid: number): Incarnation | null => attempt(() => incarnationOf(pid));

export const bootId = (): string => {
  // No process outlives its boot.
  knownBoot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return knownBoot;
};
let knownBoot: string | null = null;

/** A process and all that it has started and that still lives, each once; empty where it is gone. Costs no process of its own. */
export function processTree(pid: number): readonly Incarnation[] {
  const boot = attempt(bootId);
  const found: Incarnation[] = [];
  const open = [pid];
  for (let next = open.shift(); next !== undefined && boot !== null; next = open.shift()) {
    const current = next;
    const stat = attempt(() => statOf(current));
    if (stat === null || found.some((known) => known.pid === current)) continue;
    found.push({ boot_id: boot, pid: current, start_time: stat.start });
    open.push(...childrenOf(current));
  }
  return found;
}

/**
 * The first process of the run that a process belongs to, as its environment tells, or that of one above it: what hooks speak for. `null`
 * outside a run. It lives as long as the agent's pane.
 */
export function rootOfRun(pid: number): Incarnation | null {
  const member = memberOfRun(pid);
  const run = member === null ? '' : environmentOf(member).MOSAIC_INVOCATION;
  if (member === null) return null;
  let root = member;
  for (;;) {
    const above = attempt(() => statOf(root))?.parent ?? 0;
    if (above <= 1 || environmentOf(above).MOSAIC_INVOCATION !== run) break;
    root = above;
  }
  return attempt(() => incarnationOf(root));
}

/** Some programs start their hooks with an environment of their own making. */
function memberOfRun(pid: number): number | null {
  for (let process = pid; process > 1; process = attempt(() => statOf(process))?.parent ?? 0) {
    if ((environmentOf(process).MOSAIC_INVOCATION ?? '') !== '') return process;
  }
  return null;
}

/** Processes of one run of an agent's unit, whoever started them. Looks at every process of this user. */
export function processesOfRun(invocation: string): readonly number[] {
  if (invocation === '') return [];
  const all = attempt(() => readdirSync('/proc')) ?? [];
  return all
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => environmentOf(pid).MOSAIC_INVOCATION === invocation);
}

/** With which a process was started; empty where it is gone or somebody else's. */
export function environmentOf(pid: number): Readonly<Record<string, string | undefined>> {
  const text = attempt(() => readFileSync(`/proc/${pid}/environ`, 'utf8')) ?? '';
  return Object.fromEntries(
    text
      .split('\0')
      .flatMap((pair) => (pair.includes('=') ? [[pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]] : [])),
  );
}

/** Empty where it cannot be read. */
export const directoryOf = (pid: number): string => attempt(() => readlinkSync(`/proc/${pid}/cwd`)) ?? '';

/** Regular files below a directory that a process has open. */
export function openFiles(pid: number, directory: string): readonly string[] {
  const numbers = attempt(() => readdirSync(`/proc/${pid}/fd`)) ?? [];
  const files = numbers.map((number) => attempt(() => readlinkSync(`/proc/${pid}/fd/${number}`)) ?? '');
  return [...new Set(files.filter((file) => file.startsWith(`${directory}/`) && !file.endsWith(' (deleted)')))];
}

/** Milliseconds since the epoch at which a process of this boot was started; `null` where that cannot be told. */
export function startedAt({ start_time: ticks }: Pick<Incarnation, 'start_time'>): number | null {
  const boot = bootTime();
  return boot === null ? null : boot * 1000 + ticks * (1000 / ticksPerSecond);
}

/** Seconds since the epoch. Costly to read for each process of a look, and another once the clock was set. */
function bootTime(): number | null {
  const now = Date.now();
  if (now - bootRead.at > 1000 || now < bootRead.at) {
    const told = /^btime (\d+)$/m.exec(attempt(() => readFileSync('/proc/stat', 'utf8')) ?? '')?.[1];
    bootRead = { at: now, seconds: told === undefined ? null : Number(told) };
  }
  return bootRead.seconds;
}
let bootRead: { readonly at: number; readonly seconds: number | null } = { at: 0, seconds: null };

/** Milliseconds since the epoch of a file's last change; `null` where there is none. */
export const changedAt = (file: string): number | null => attempt(() => statSync(file).mtimeMs);

/** USER_HZ, which is the same on every Linux that Node runs on. */
const ticksPerSecond = 100;

function statOf(pid: number): { readonly parent: number; readonly start: number } {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The command name, in parentheses, may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { parent: Number(fields[1]), start: Number(fields[19]) };
}

/** Threads have children of their own. */
function childrenOf(pid: number): readonly number[] {
  const threads = attempt(() => readdirSync(`/proc/${pid}/task`)) ?? [];
  return threads.flatMap((thread) =>
    (attempt(() => readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8')) ?? '')
      .split(' ')
      .filter((word) => word !== '')
      .map(Number),
  );
}

/** Processes come and go while they are looked at. */
function attempt<T>(look: () => T): T | null {
  try {
    return look();
  } catch {
    return null;
  }
}
