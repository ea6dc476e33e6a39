/** What the installed controller costs, and how soon it has done what it is for. Each of these needs a private host of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, watch } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { home, median, movedAt, names, now, output, quantile, run, runAside, writeFleet } from './fleet.js';
import { hearUnits } from './witness.js';

const minuteMs = 60_000;
const unitOf = (agent) => `mosaic-agent@${agent}.service`;

/** A commit with one agent more, and one with that agent less again. */
export async function controller(agents, samples) {
  writeFleet(names(agents));
  await installed();
  const witness = await hearUnits();
  const ups = [];
  const downs = [];
  for (let sample = 0; sample < samples; sample++) {
    const unit = unitOf(`extra${sample}`);
    ups.push(await follows([...names(agents), `extra${sample}`], (since) => witness.hears(unit, 'active', since)));
    downs.push(await follows(names(agents), (since) => witness.hears(unit, 'inactive', since)));
  }
  witness.close();
  return [
    latency(`commit of one agent more to it being active, ${agents} agents`, `${samples} commits`, ups, 'p99 < 500'),
    poller(ups),
    latency(`commit of one agent less to it being inactive, ${agents} agents`, `${samples} commits`, downs, 'p99 < 500'),
    poller(downs),
  ];
}

/** Milliseconds from the moment at which the branch has moved. */
async function follows(agents, hear) {
  await pause();
  const heard = hear(now());
  writeFleet(agents);
  const moved = movedAt();
  return (await heard).at - moved;
}

/** An agent that is stopped, or whose session is killed, by hand. */
export async function heal(agents, samples) {
  writeFleet(names(agents));
  run(['muster', '-q', 'apply', '--yes']);
  const witness = await hearUnits();
  const workers = names(agents).filter((agent) => agent.startsWith('worker'));
  const each = async (deed) => {
    const values = [];
    for (let sample = 0; sample < samples; sample++) values.push(await deed(workers[sample % workers.length], witness));
    return values;
  };
  const starts = await each(ownStart);
  const alone = await each(killed);
  await installed();
  const stops = await each(stopped);
  const kills = await each(killed);
  witness.close();
  const own = `its own start (${median(starts).toFixed(0)} ms, p99 ${quantile(starts, 0.99).toFixed(0)})`;
  const target = '<= 3, p99 < 500';
  return [
    against(own, starts, latency(`systemctl stop of an agent to active again, ${agents} agents`, '', stops, target)),
    poller(stops),
    against(own, starts, latency(`tmux kill-session of an agent to active again, ${agents} agents`, '', kills, target)),
    latency('  beside a 60 s poller: systemd heals it', 'no controller, measured', alone, ''),
  ];
}

/** Milliseconds from the command, with nobody to interfere. */
async function ownStart(agent, witness) {
  const unit = unitOf(agent);
  await runAside(['systemctl', '--user', 'stop', unit]);
  await pause();
  const begun = now();
  const heard = witness.hears(unit, 'active', begun);
  await runAside(['systemctl', '--user', 'start', unit]);
  return (await heard).at - begun;
}

const stopped = (agent, witness) => healed(['systemctl', '--user', 'stop', unitOf(agent)], agent, witness);
const killed = (agent, witness) => healed(['tmux', '-L', 'mosaic', 'kill-session', '-t', `=${agent}`], agent, witness);

/** Milliseconds from the end of the command. */
async function healed(command, agent, witness) {
  await pause();
  const heard = witness.hears(unitOf(agent), 'active', now());
  await runAside(command);
  const done = now();
  return (await heard).at - done;
}

/** A minute in which nothing happens, once without and once with a controller. */
export async function idle(agents) {
  writeFleet(names(agents));
  run(['muster', '-q', 'apply', '--yes']);
  await sleep(minuteMs / 4);
  const others = ['mosaic-tmux-holder.service', 'dbus.service', 'init.scope'];
  const without = await spentIn(minuteMs, others);
  await installed();
  await sleep(minuteMs / 4);
  const [own, ...rest] = await spentIn(minuteMs, ['mosaic-controller.service', ...others]);
  const before = sum(without);
  const share = (ms) => `${((100 * ms) / minuteMs).toFixed(3)} %`;
  return [
    {
      what: `CPU of the controller and its children, idle for a minute, ${agents} agents`,
      against: 'one core',
      median: own,
      ratio: share(own),
      target: '< 0.2 %',
    },
    {
      what: '  and because of it, of tmux server, bus and user manager',
      against: `the same minute without it (${before.toFixed(0)} ms)`,
      median: sum(rest) - before,
      ratio: share(sum(rest) - before),
      target: '',
    },
  ];
}

/** After a minute, and a minute after it has worked. */
export async function memory(agents, samples) {
  const node = spawn(process.execPath, ['-e', 'setInterval(()=>{},1e9)'], { stdio: 'ignore' });
  writeFleet(names(agents));
  await installed();
  await sleep(minuteMs);
  const fresh = residentOf(mainPid());
  for (let pass = 0; pass < samples; pass++) await lookAgain();
  await sleep(minuteMs);
  const worked = residentOf(mainPid());
  const bare = residentOf(node.pid);
  node.kill();
  const row = (what, resident) => ({
    what,
    against: `node -e with an idle timer (${bare.toFixed(0)} MiB)`,
    median: resident,
    unit: 'MiB',
    ratio: (resident / bare).toFixed(2),
    target: '<= 1.6',
  });
  return [
    row(`resident memory of the controller after a minute, ${agents} agents`, fresh),
    row(`  a minute after ${samples} passes more`, worked),
  ];
}

/** A pass that finds nothing to do. */
export async function pass(agents, samples) {
  writeFleet(names(agents));
  await installed();
  const passes = [];
  const alone = [];
  for (let sample = -20; sample < samples; sample++) {
    const before = [spent('mosaic-controller.service'), processTime(mainPid())];
    const count = await lookAgain();
    const values = [spent('mosaic-controller.service') - before[0], processTime(mainPid()) - before[1]];
    // Those before the first sample are for V8 to see what is worth compiling.
    if (sample >= 0) passes.push(values[0] / count);
    if (sample >= 0) alone.push(values[1] / count);
  }
  const mean = sum(alone) / alone.length;
  return [
    latency(
      `CPU of a pass with nothing to do, ${agents} agents`,
      `without its children ${mean.toFixed(0)} ms`,
      passes,
      'median < 100',
    ),
  ];
}

/** A controller that has brought its fleet up, has found it good, and has nothing more to do. */
export async function installed() {
  run(['muster', 'install', '-q']);
  for (;;) {
    const told = status();
    const quiet = told !== null && told.left.length === 0 && told.applied !== null && told.good === told.applied;
    if (quiet && told.applied === output(['git', 'rev-parse', 'HEAD'])) return;
    await sleep(500);
  }
}

/** Gives how many passes it took. */
async function lookAgain() {
  const before = status().passes;
  const watcher = watch(stateDir);
  process.kill(mainPid(), 'SIGHUP');
  while (status().passes === before) await once(watcher, 'change');
  watcher.close();
  // What a pass leaves behind: it says that it lives, and what it remembers is written.
  await sleep(100);
  return status().passes - before;
}

const stateDir = path.join(home, '.local/state/mosaic', readFileSync('/etc/machine-id', 'utf8').trim());
const statusFile = path.join(stateDir, 'status.json');
const status = () => (existsSync(statusFile) ? JSON.parse(readFileSync(statusFile, 'utf8')) : null);

const show = (unit, property) => output(['systemctl', '--user', 'show', '-P', property, unit]);
let pid = 0;
function mainPid() {
  pid ||= Number(show('mosaic-controller.service', 'MainPID'));
  return pid;
}

/** Milliseconds of CPU that a unit has used up, with all that it has ever started. */
function spent(unit) {
  const group = groups.get(unit) ?? show(unit, 'ControlGroup');
  groups.set(unit, group);
  return Number(/^usage_usec (\d+)/.exec(readFileSync(`/sys/fs/cgroup${group}/cpu.stat`, 'utf8'))?.[1]) / 1000;
}
const groups = new Map();

async function spentIn(ms, units) {
  const before = units.map(spent);
  await sleep(ms);
  return units.map((unit, index) => spent(unit) - before[index]);
}

/** Milliseconds of a process without its children, in steps of ten. */
function processTime(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return 10 * (Number(fields[11]) + Number(fields[12]));
}

const residentOf = (pid) => Number(/^VmRSS:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

function latency(what, against, values, target) {
  return { what, against, median: median(values), p99: quantile(values, 0.99), ratio: '', target };
}

const against = (peer, theirs, row) => ({ ...row, against: peer, ratio: (row.median / median(theirs)).toFixed(2) });

/** Computed: it has to wait for its next look, which is any time within a minute away, and then does the same in the same time. */
function poller(values) {
  const steps = 1000;
  const waits = Array.from({ length: steps }, (_, index) => ((index + 0.5) / steps) * minuteMs);
  const all = waits.flatMap((wait) => values.map((value) => wait + value));
  return latency('  beside a 60 s poller', 'computed: uniform wait, same pass', all, '');
}

/** So that samples are of no rhythm, and each finds the one before it over. */
const pause = () => sleep(150 + 250 * Math.random());

const sum = (values) => values.reduce((total, value) => total + value, 0);
