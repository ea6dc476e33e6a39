import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';

export interface Usage {
  /** Bytes; `null` where the kernel does not count them. */
  readonly memory: number | null;
  /** Seconds of processor time; `null` where the kernel does not count them. */
  readonly cpu: number | null;
  /** Why none of it could be read; empty where the cgroup was found. */
  readonly why: string;
}

export interface CgroupPlaces {
  readonly proc: string;
  /** Where the unified hierarchy is, or its part of a hybrid one. */
  readonly mounts: readonly string[];
}

const usualPlaces: CgroupPlaces = { proc: '/proc', mounts: ['/sys/fs/cgroup', '/sys/fs/cgroup/unified'] };

export interface UsageReader {
  /** Of the units whose cgroups are known from before. */
  known(): UsageRead;
  /** What the cgroup of a unit uses, found by one of its processes; nobody is asked. What has just been read is not read again. */
  of(pid: number, unit: string, read?: UsageRead): Usage;
}

/** By unit, each with the process that its cgroup was found by. */
export type UsageRead = ReadonlyMap<string, Usage & { readonly pid: number }>;

/** Where a process was found it is looked for again only when nothing is left to read there: a unit has one cgroup. */
export function usageReader({ proc, mounts }: CgroupPlaces = usualPlaces): UsageReader {
  const found = new Map<string, { readonly pid: number; readonly group: string }>();
  return {
    known: () => {
      const read = new Map<string, Usage & { readonly pid: number }>();
      const counts = memoryCounts();
      for (const [unit, { pid, group }] of found) {
        const usage = usageIn(group, counts);
        if (usage === null) found.delete(unit);
        else read.set(unit, { ...usage, pid });
      }
      return read;
    },
    of: (pid, unit, read) => {
      const fresh = read?.get(unit);
      if (fresh?.pid === pid) return fresh;
      const before = found.get(unit);
      const again = before?.pid === pid ? usageIn(before.group, memoryCounts()) : null;
      if (again !== null) return again;
      found.delete(unit);
      const own = cgroupOf(contentOf(`${proc}/${pid}/cgroup`), unit);
      if (own === null) return { memory: null, cpu: null, why: `process ${pid} is not in the cgroup of ${unit}` };
      const group = mounts.map((mount) => `${mount}${own}`).find((place) => existsSync(place)) ?? '';
      const usage = usageIn(group, memoryCounts());
      if (usage !== null) found.set(unit, { pid, group });
      return usage ?? { memory: null, cpu: null, why: '' };
    },
  };
}

/** `null` where nothing can be read there. */
function usageIn(group: string, countsMemory: (group: string) => boolean): Usage | null {
  const cpu = /^usage_usec (\d+)$/m.exec(contentOf(`${group}/cpu.stat`))?.[1];
  const memory = countsMemory(group) ? /^\d+/.exec(contentOf(`${group}/memory.current`))?.[0] : undefined;
  if (cpu === undefined && memory === undefined) return null;
  return {
    memory: memory === undefined ? null : Number(memory),
    cpu: cpu === undefined ? null : Number(cpu) / 1_000_000,
    why: '',
  };
}

/** A cgroup says for all that are in it what is counted (cgroups(7), `cgroup.subtree_control`); to look at each of a hundred takes longer than all else. */
function memoryCounts(): (group: string) => boolean {
  const told = new Map<string, boolean>();
  return (group) => {
    const above = dirname(group);
    const known = told.get(above);
    if (known !== undefined) return known;
    const controllers = textOf(`${above}/cgroup.subtree_control`);
    if (controllers === null) return existsSync(`${group}/memory.current`);
    const counts = controllers.split(/\s+/).includes('memory');
    told.set(above, counts);
    return counts;
  };
}

/** The agent may have made cgroups of its own below that of its unit. */
function cgroupOf(lines: string, unit: string): string | null {
  const path = /^0::(.*)$/m.exec(lines)?.[1] ?? '';
  const segments = path.split('/');
  const at = segments.indexOf(unit);
  return at < 0 || segments.includes('..') ? null : segments.slice(0, at + 1).join('/');
}

/** Empty where it cannot be read. */
const contentOf = (file: string): string => textOf(file) ?? '';

function textOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
