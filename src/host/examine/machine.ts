import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Cgroups, Clock, Limits, MachineReader, Session } from '../../model/doctor-ports.ts';
import type { HostFacts } from '../../model/observation.ts';
import { runner } from './commands.ts';

export interface MachineInput {
  readonly facts: HostFacts;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly uid: number;
  readonly runtimeDir: string;
  readonly now: () => Date;
  /** cgroup of the user manager, such as `/user.slice/user-1000.slice/user@1000.service`; rejects where that is not known. */
  readonly managerCgroup: () => Promise<string>;
  /** Milliseconds for each program that is run. */
  readonly deadline: number;
}

/** The machine as the kernel shows it, and a word of timedatectl. */
export function machineReader(input: MachineInput): MachineReader {
  return {
    node: async () => process.versions.node,
    session: async () => sessionOf(input),
    cgroups: () => cgroupsOf(input),
    clock: () => clockOf(input),
    limits: () => limitsOf(input),
  };
}

function sessionOf({ facts, env, uid, runtimeDir }: MachineInput): Session {
  const variable = env.XDG_RUNTIME_DIR ?? '';
  return {
    uid,
    user: facts.tenant,
    variable: variable === '' ? null : variable,
    directory: runtimeDir,
    owner: statSync(runtimeDir, { throwIfNoEntry: false })?.uid ?? null,
    booted: existsSync('/run/systemd/system'),
    container:
      text('/run/systemd/container') ??
      (existsSync('/.dockerenv') ? 'docker' : existsSync('/run/.containerenv') ? 'podman' : null),
  };
}

const hierarchy = '/sys/fs/cgroup';

async function cgroupsOf({ uid, managerCgroup }: MachineInput): Promise<Cgroups> {
  const group = await managerCgroup().catch(() => `/user.slice/user-${uid}.slice/user@${uid}.service`);
  return {
    unified: existsSync(`${hierarchy}/cgroup.controllers`),
    delegated:
      text(path.join(hierarchy, group, 'cgroup.controllers'))
        ?.split(/\s+/)
        .filter(Boolean) ?? null,
  };
}

async function clockOf({ facts, env, now, deadline }: MachineInput): Promise<Clock> {
  const entry = facts.launcher.at(-1) ?? '';
  const made = path.isAbsolute(entry) ? statSync(entry, { throwIfNoEntry: false })?.mtimeMs : undefined;
  return { now: now().getTime(), notBefore: made ?? 0, synchronised: await isSynchronised(env, deadline) };
}

async function isSynchronised(env: MachineInput['env'], deadline: number): Promise<boolean | null> {
  if (existsSync('/run/systemd/timesync/synchronized')) return true;
  const answer = await runner(env, deadline)('timedatectl', ['show', '--property=NTPSynchronized', '--value']).catch(() => null);
  const said = answer?.stdout.trim();
  return said === 'yes' ? true : said === 'no' ? false : null;
}

async function limitsOf({ uid, managerCgroup }: MachineInput): Promise<Limits> {
  const own = text('/proc/self/limits') ?? '';
  const group = await managerCgroup().catch(() => null);
  // The slice of all that this user runs: its limit is the one that everything meets.
  const slice = group === null ? null : /^.*\/user-\d+\.slice/.exec(group)?.[0];
  return {
    files: limitIn(own, 'Max open files'),
    // Root is not counted.
    processes: uid === 0 ? null : limitIn(own, 'Max processes'),
    tasks: slice == null ? null : tasksIn(path.join(hierarchy, slice)),
    inotifyWatches: count('/proc/sys/fs/inotify/max_user_watches'),
    inotifyInstances: count('/proc/sys/fs/inotify/max_user_instances'),
  };
}

/** The hard limit: whatever asks for it gets it. */
function limitIn(table: string, name: string): number | null {
  const line = table.split('\n').find((row) => row.startsWith(name)) ?? '';
  const hard = /\s(\d+|unlimited)\s+(\d+|unlimited)\s/.exec(line)?.[2];
  return hard === undefined || hard === 'unlimited' ? null : Number(hard);
}

function tasksIn(group: string): Limits['tasks'] {
  const current = count(path.join(group, 'pids.current'));
  return current === null ? null : { current, most: count(path.join(group, 'pids.max')) };
}

function count(file: string): number | null {
  const value = Number(text(file) ?? Number.NaN);
  return Number.isFinite(value) ? value : null;
}

/** `null` where there is none, or it may not be read. */
function text(file: string): string | null {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return null;
  }
}
