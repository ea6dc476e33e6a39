/** The fleet that is measured: its repository, the programs that are run on it, and what is made of the figures. */
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

export const home = process.env.HOME ?? '/';
export const repository = path.join(home, 'fleet');

/** Commits a roster of these agents, whose runtime is a shell that sleeps. */
export function writeFleet(agents) {
  const rows = agents.map((agent) => `  - name: ${agent}\n    runtime: sleeper\n    class: ${classOf(agent)}`);
  commitRoster(
    [
      'version: 1',
      'runtimes:',
      '  sleeper: { command: sh, args: ["-c", "while :; do sleep 3600; done"] }',
      'agents:',
      ...rows,
      '',
    ].join('\n'),
  );
}

export const names = (count) => [
  'orchestrator',
  'enhancer',
  ...Array.from({ length: count - 2 }, (_, index) => `worker${index}`),
];

const classOf = (agent) => (['orchestrator', 'enhancer'].includes(agent) ? agent : 'worker');

export function commitRoster(text) {
  mkdirSync(path.join(repository, 'rosters'), { recursive: true });
  writeFileSync(path.join(repository, 'rosters/fleet.yaml'), text);
  const git = (...args) =>
    execFileSync('git', ['-C', repository, '-c', 'user.name=bench', '-c', 'user.email=bench@example.org', ...args], {
      stdio: 'ignore',
    });
  git('init', '-q', '-b', 'main');
  git('add', '-A');
  git('commit', '-qm', 'A fleet');
}

/** When the branch was moved last, as `now` has it, or up to one tick of the kernel before. */
export function movedAt() {
  const moved = statSync(path.join(repository, '.git/refs/heads/main')).mtimeMs;
  return now() - (performance.timeOrigin + performance.now() - moved);
}

/** Milliseconds of the clock that systemd's monotonic times are of. */
export const now = () => Number(process.hrtime.bigint()) / 1e6;

export function time(command) {
  const start = now();
  run(command);
  return now() - start;
}

export function run(command) {
  spawn(command, 'ignore');
}

export const output = (command) => spawn(command, 'pipe').trim();

function spawn([file, ...args], stdout) {
  const ended = spawnSync(file, args, {
    cwd: repository,
    encoding: 'utf8',
    stdio: ['ignore', stdout, 'pipe'],
    maxBuffer: 1 << 26,
  });
  if (ended.status === 0) return ended.stdout ?? '';
  throw new Error(`${[file, ...args].slice(0, 6).join(' ')} ended with ${ended.status}: ${ended.error?.message ?? ended.stderr}`);
}

/** For a command during which this process has to listen. */
export const runAside = ([file, ...args]) => promisify(execFile)(file, args, { cwd: repository });

export const median = (values) => quantile(values, 0.5);

/** The smallest of the values that so many of them are not above. */
export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
