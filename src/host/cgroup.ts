import { existsSync, readFileSync } from 'node:fs';

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

/** What the cgroup of a unit uses, found by one of its processes: three files are read, nobody is asked. */
export function usageOf(pid: number, unit: string, { proc, mounts }: CgroupPlaces = usualPlaces): Usage {
  const own = cgroupOf(contentOf(`${proc}/${pid}/cgroup`), unit);
  if (own === null) return { memory: null, cpu: null, why: `process ${pid} is not in the cgroup of ${unit}` };
  const group = mounts.map((mount) => `${mount}${own}`).find((place) => existsSync(place)) ?? '';
  const read = (file: string): string => contentOf(`${group}/${file}`);
  const memory = /^\d+/.exec(read('memory.current'))?.[0];
  const cpu = /^usage_usec (\d+)$/m.exec(read('cpu.stat'))?.[1];
  return {
    memory: memory === undefined ? null : Number(memory),
    cpu: cpu === undefined ? null : Number(cpu) / 1_000_000,
    why: '',
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
function contentOf(file: string): string {
  try {
    // Of a hundred units a hundred errors take longer than all else.
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  } catch {
    return '';
  }
}
