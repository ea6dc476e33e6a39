import type { Finding } from '../model/doctor.ts';
import type { Space } from '../model/doctor-ports.ts';
import { ok, type Point } from './point.ts';

const mib = 1024 * 1024;

/** Below the first nothing works, below the second soon nothing. The runtime directory is small memory: it holds records alone. */
const least: Readonly<Record<string, readonly [failing: number, warning: number]>> = { runtime: [mib, 8 * mib] };
const leastOnDisk = [32 * mib, 512 * mib] as const;
const leastInodes = [64, 2048] as const;

export const disk: Point<readonly Space[]> = {
  id: 'disk',
  group: 'files',
  gather: ({ places }) => places.space(),
  judge: (spaces) => {
    const findings = spaces.flatMap(judged);
    return findings.length > 0 ? findings : [ok(`${spaces.map(({ name, free }) => `${name} ${size(free)}`).join(', ')} free`)];
  },
};

function judged({ name, path, writable, free, inodes }: Space): readonly Finding[] {
  const [none, few] = least[name] ?? leastOnDisk;
  const mend = [`df -h ${path}`, ...(name === 'runtime' ? [] : ['journalctl --user --vacuum-size=200M'])];
  if (!writable)
    return [
      {
        about: name,
        state: 'failing',
        finding: `${path} cannot be written to`,
        detail: 'It belongs to somebody else, or its file system is read-only.',
        mend: [`ls -ld ${path}`, `findmnt -T ${path}`],
      },
    ];
  if (free < few)
    return [
      {
        about: name,
        state: free < none ? 'failing' : 'warning',
        finding: `only ${size(free)} are free in ${path}`,
        detail: 'A full disk keeps Muster from writing what agents start with, and what was done.',
        mend,
      },
    ];
  if (inodes !== null && inodes < leastInodes[1])
    return [
      {
        about: name,
        state: inodes < leastInodes[0] ? 'failing' : 'warning',
        finding: `only ${inodes} files more can be made in ${path}`,
        detail: 'It has bytes left, and no inodes.',
        mend: [`df -i ${path}`],
      },
    ];
  return [];
}

const size = (bytes: number): string =>
  bytes >= 1024 * mib
    ? `${(bytes / 1024 / mib).toFixed(bytes >= 10 * 1024 * mib ? 0 : 1)} GiB`
    : `${Math.floor(bytes / mib)} MiB`;
