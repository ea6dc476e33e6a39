/** What talking to agents takes, and what stays of ours beside each of them. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { commitRoster, median, names, now, output, quantile, run, time, writeFleet } from './fleet.js';

/** Milliseconds that the stub's runtime leaves between a text and its submission (`settleMs` in src/agents/runtimes/stub.ts). */
const settleMs = 50;

/** A message to an idle agent, the whole process counted, until its receipt says that the agent has begun a turn with it. */
export async function send(_agents, samples) {
  commitRoster(
    ['version: 1', 'profile: minimal', 'agents:', '  - { name: parrot, runtime: stub, env: { STUB_QUIRKS: turn=1 } }', ''].join(
      '\n',
    ),
  );
  run(['muster', '-q', 'apply', '--yes']);
  const beyond = [];
  const node = [];
  for (let sample = -3; sample < samples; sample++) {
    await idle('parrot');
    const start = now();
    const { state } = JSON.parse(output(['muster', 'send', 'parrot', `Look at issue ${sample}.`, '--verify', '--json']));
    const took = now() - start - settleMs;
    if (state !== 'turn-started') throw new Error(`the receipt says ${state}`);
    const bare = time(['node', '-e', '0']);
    // Those before the first sample warm up what the host keeps.
    if (sample >= 0) beyond.push(took);
    if (sample >= 0) node.push(bare);
  }
  return [
    {
      what: 'muster send --verify to an idle stub, beyond its settle delay',
      against: `node -e 0 (${median(node).toFixed(0)} ms)`,
      median: median(beyond),
      p99: quantile(beyond, 0.99),
      ratio: (median(beyond) / median(node)).toFixed(2),
      target: 'median < 150',
    },
  ];
}

const runDirectory = (agent) => path.join(process.env.XDG_RUNTIME_DIR ?? '', 'mosaic/agents', agent);

async function idle(agent) {
  const file = path.join(runDirectory(agent), 'heartbeat.json');
  while (!existsSync(file) || JSON.parse(readFileSync(file, 'utf8')).state !== 'idle') await sleep(20);
}

/** Processes of ours that stay as long as an agent does: the supervisor, and the shell in the pane that outlives the program. */
export function residents(agents) {
  writeFleet(names(agents));
  run(['muster', '-q', 'apply', '--yes']);
  const own = names(agents).flatMap((agent) => {
    const group = output(['systemctl', '--user', 'show', '-P', 'ControlGroup', `mosaic-agent@${agent}.service`]);
    const pids = readFileSync(`/sys/fs/cgroup${group}/cgroup.procs`, 'utf8').trim().split('\n');
    return pids.filter((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').some(isOurs));
  });
  if (own.length < agents) throw new Error(`${own.length} processes of ours beside ${agents} agents`);
  const row = (what, values, target) => ({
    what,
    against: `${(own.length / agents).toFixed(0)} processes an agent`,
    median: Math.max(...values),
    unit: 'MiB',
    ratio: '',
    target,
  });
  return [
    row(`largest resident process of ours per agent, ${agents} agents`, own.map(residentOf), '<= 4'),
    row('  its share of memory (PSS)', own.map(shareOf), ''),
  ];
}

const isOurs = (word) => word.endsWith('/bin/mosaic-agent-run');

const residentOf = (pid) => kibibytes(`/proc/${pid}/status`, 'VmRSS') / 1024;
const shareOf = (pid) => kibibytes(`/proc/${pid}/smaps_rollup`, 'Pss') / 1024;

const kibibytes = (file, field) => Number(new RegExp(`^${field}:\\s*(\\d+)`, 'm').exec(readFileSync(file, 'utf8'))?.[1]);
