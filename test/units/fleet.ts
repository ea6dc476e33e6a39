import { execFile } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';

const units = new URL('../../units', import.meta.url).pathname;
const home = process.env.HOME ?? '';
const runtime = process.env.XDG_RUNTIME_DIR ?? '';
/** The directory has a blank in its name on purpose. */
export const fleetDirectory = join(home, 'mosaic home', 'fleet');
export const socket = 'mosaic-test';
export const holder = 'mosaic-tmux-holder.service';
export const unitOf = (agent: string): string => `mosaic-agent@${agent}.service`;
export const digest = (letter: string): string => `sha256:${letter.repeat(64)}`;

export interface Answer {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export function run(program: string, ...args: readonly string[]): Promise<Answer> {
  return new Promise((resolve) => {
    execFile(program, args, { encoding: 'utf8' }, (error, stdout, stderr) => {
      resolve({ status: error === null ? 0 : typeof error.code === 'number' ? error.code : -1, stdout, stderr });
    });
  });
}

export const systemctl = (...args: readonly string[]): Promise<Answer> => run('systemctl', '--user', ...args);
export const tmux = (...args: readonly string[]): Promise<Answer> => run('tmux', '-N', '-L', socket, ...args);

/** Installs holder, agent template and supervisor as a host has them, and makes them known. */
export async function installUnits(): Promise<void> {
  const systemd = join(home, '.config/systemd/user');
  mkdirSync(systemd, { recursive: true });
  mkdirSync(join(fleetDirectory, 'bin'), { recursive: true });
  mkdirSync(join(fleetDirectory, 'agents'), { recursive: true });
  for (const unit of [holder, 'mosaic-agent@.service']) {
    const text = readFileSync(join(units, unit), 'utf8')
      .replaceAll('@FLEET_DIR@', fleetDirectory)
      .replaceAll('@SOCKET@', socket)
      .replaceAll('@HOLDER_SESSION@', '_holder')
      .replaceAll('@HOLDER@', digest('b'))
      .replaceAll('@UNITS@', digest('a'));
    writeFileSync(join(systemd, unit), text);
  }
  copyFileSync(join(units, 'mosaic-agent-run'), join(fleetDirectory, 'bin/mosaic-agent-run'));
  chmodSync(join(fleetDirectory, 'bin/mosaic-agent-run'), 0o755);
  await systemctl('daemon-reload');
}

export interface AgentFile {
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly lifecycle?: 'core' | 'ephemeral';
  readonly workdir?: string;
  readonly role?: string;
  /** How a persistent persona goes on; its own directory is `.talk` below home. */
  readonly resume?: { readonly transcripts: string; readonly mark: string; readonly argv: readonly string[] };
}

/** Writes an agent's environment file (systemd.exec(5), EnvironmentFile=), its role, and the drop-in of an ephemeral one. */
export function writeAgent(name: string, file: AgentFile): void {
  const { argv, env = {}, lifecycle = 'core', workdir = '', role = 'a role', resume } = file;
  const roleFile = join(fleetDirectory, `${name}.md`);
  writeFileSync(roleFile, role);
  const values: Record<string, string> = {
    MOSAIC_AGENT: name,
    MOSAIC_FLEET: 'coding',
    MOSAIC_CLASS: 'worker',
    MOSAIC_RUNTIME: 'test',
    MOSAIC_LIFECYCLE: lifecycle,
    MOSAIC_PERSONA: 'fresh',
    MOSAIC_MODEL_HINT: 'vendor/model:high',
    MOSAIC_WORKDIR: workdir,
    MOSAIC_ROLE_FILE: roleFile,
    MOSAIC_CONFIG: digest('c'),
    MOSAIC_ARGC: String(argv.length),
    ...Object.fromEntries(argv.map((argument, position) => [`MOSAIC_ARG${position}`, argument])),
    ...(resume === undefined
      ? {}
      : {
          MOSAIC_RESUME_VARIABLE: 'TALK_HOME',
          MOSAIC_RESUME_DIRECTORY: '.talk',
          MOSAIC_RESUME_TRANSCRIPTS: resume.transcripts,
          MOSAIC_RESUME_MARK: resume.mark,
          MOSAIC_RESUME_ARGC: String(resume.argv.length),
          ...Object.fromEntries(resume.argv.map((argument, position) => [`MOSAIC_RESUME_ARG${position}`, argument])),
        }),
    MOSAIC_ENV: Object.keys(env).join(' '),
    ...Object.fromEntries(Object.entries(env).map(([key, value]) => [`MOSAIC_ENV_${key}`, value])),
  };
  const lines = Object.entries(values).map(([key, value]) => `${key}="${value.replace(/[\\"`$]/g, '\\$&')}"\n`);
  writeFileSync(join(fleetDirectory, 'agents', `${name}.env`), lines.join(''), { mode: 0o600 });
  const dropIn = join(home, '.config/systemd/user', `${unitOf(name)}.d`);
  rmSync(dropIn, { recursive: true, force: true });
  if (lifecycle === 'ephemeral') {
    mkdirSync(dropIn);
    writeFileSync(join(dropIn, 'muster.conf'), '[Service]\nRestart=on-failure\n');
  }
}

/** Ends everything of the last test: units, tmux server, whatever its state. */
export async function clear(): Promise<void> {
  await systemctl('stop', 'mosaic-agent@*.service', holder);
  await systemctl('reset-failed');
  await run('tmux', '-L', socket, 'kill-server');
  rmSync(join('/tmp', `tmux-${userInfo().uid}`, socket), { force: true });
}

export async function show(unit: string, property: string): Promise<string> {
  return (await systemctl('show', '--value', '-p', property, unit)).stdout.trim();
}

/** Session rows `id name agent incarnation pid` on our socket. */
export async function sessions(): Promise<readonly string[][]> {
  const format = '#{session_id} #{session_name} #{@muster_agent} #{@muster_incarnation} #{pane_pid}';
  return (await tmux('list-sessions', '-F', format)).stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split(' '));
}

export const sessionOf = async (agent: string): Promise<readonly string[] | undefined> =>
  (await sessions()).find((row) => row[2] === agent);

export function started(unit: 'holder' | string): Record<string, unknown> | null {
  const file = join(runtime, 'mosaic', unit === 'holder' ? 'holder' : join('agents', unit), 'started.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>) : null;
}

/** How the last run of an agent ended, as it wrote down itself. */
export function ended(agent: string): Record<string, unknown> | null {
  const file = join(runtime, 'mosaic/ended', `${agent}.json`);
  const text = existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
  return text === '' ? null : (JSON.parse(text) as Record<string, unknown>);
}

/** What units have said to their standard error, that is, to the journal. */
export const said = (): string => readFileSync('/run/private-host/log', 'utf8');

/** Processes in a unit's own cgroup, by command line. */
export async function processesOf(unit: string): Promise<ReadonlyMap<number, string>> {
  const group = await show(unit, 'ControlGroup');
  const file = `/sys/fs/cgroup${group}/cgroup.procs`;
  if (group === '' || !existsSync(file)) return new Map();
  const pids = readFileSync(file, 'utf8').split('\n').filter(Boolean).map(Number);
  return new Map(pids.map((pid) => [pid, commandOf(pid)]));
}

export async function pidOf(unit: string, command: RegExp): Promise<number> {
  for (const [pid, line] of await processesOf(unit)) if (command.test(line)) return pid;
  throw new Error(`no process of ${unit} matches ${command}`);
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return '';
  }
}

/** Resolves as soon as `look` gives something else than undefined or false; rejects after ten seconds. */
export async function until<T>(look: () => Promise<T | undefined | false>, what: string): Promise<T> {
  const deadline = performance.now() + 10_000;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    if (performance.now() > deadline) throw new Error(`waited ten seconds for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The agent is active in a run of its unit that is not `before`, with the session of that run; gives the new InvocationID. */
export const back = (agent: string, before = ''): Promise<string> =>
  until(async () => {
    const [state, invocation, session] = await Promise.all([
      show(unitOf(agent), 'ActiveState'),
      show(unitOf(agent), 'InvocationID'),
      sessionOf(agent),
    ]);
    return state === 'active' && invocation !== before && session?.[3] === invocation ? invocation : undefined;
  }, `${agent} to be back`);
