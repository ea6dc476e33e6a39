/** One measurement on the private host that it runs on: `in-host.js NAME [AGENTS [SAMPLES]]`. Prints its rows as JSON. */
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { residents, send } from './agents.js';
import { controller, heal, idle, installed, memory, pass } from './controller.js';
import { commitRoster, home, median, names, run, time, writeFleet } from './fleet.js';

const [name, count = '0', samples = '0'] = process.argv.slice(2);
const agents = Number(count);

const rows = await { start, plan, ps, apply, ansible, controller, heal, idle, memory, pass, residents, send }[name]?.(
  agents,
  Number(samples),
);
process.stdout.write(`\n${JSON.stringify(rows)}\n`);

/** Reading rosters and help against an empty Node. */
function start() {
  commitRoster(preset());
  const node = ['node', '-e', '0'];
  // As in an agent's pane.
  const env = ['env', 'MOSAIC_AGENT=worker', 'MOSAIC_INVOCATION=bench', `MOSAIC_RUN=${home}`];
  return [
    compare('muster --help', ['muster', '--help'], 'node -e 0', node, 15, '<= 2.5'),
    compare('muster validate (preset coding)', ['muster', 'validate'], 'node -e 0', node, 15, '<= 2.5'),
    compare('muster heartbeat', [...env, 'muster', 'heartbeat', '--state', 'busy'], 'node -e 0', [...env, ...node], 15, '<= 1.5'),
  ];
}

/** Nothing to do, the whole process counted. */
function plan() {
  writeFleet(names(agents));
  run(['muster', '-q', 'apply', '--yes']);
  const show = ['systemctl', '--user', 'show', '-p', 'ActiveState,SubState,UnitFileState', 'mosaic-agent@*'];
  // Of two that take about as long, the median of a few says little.
  const count = agents > 500 ? 7 : 60;
  return [
    compare(
      `muster plan, nothing to do, ${agents} agents`,
      ['muster', 'plan'],
      'systemctl show of the same',
      show,
      count,
      agents > 500 ? '<= 0.5' : '<= 1.0',
    ),
  ];
}

/** The fleet with what each agent does, against those that know a part of it each: by the controller that runs, and without one. */
async function ps() {
  writeFleet(names(agents));
  run(['muster', '-q', 'apply', '--yes']);
  const alone = besidePeers(`muster ps, ${agents} agents, without a controller`, '');
  await installed();
  return [besidePeers(`muster ps, ${agents} agents`, '<= 1.5'), alone];
}

function besidePeers(what, target) {
  const parts = [
    ['systemctl', '--user', 'list-units'],
    ['tmux', '-L', 'mosaic', 'list-panes', '-a'],
    ['node', '-e', '0'],
  ];
  const peers = () => parts.reduce((sum, command) => sum + time(command), 0);
  time(['muster', 'ps']);
  peers();
  const ours = [];
  const theirs = [];
  for (let sample = 0; sample < 15; sample++) {
    ours.push(time(['muster', 'ps']));
    theirs.push(peers());
  }
  return row(what, 'systemctl list-units + tmux list-panes + node -e 0', ours, theirs, target);
}

/** From nothing to all running, against systemctl with every file in place. */
function apply() {
  writeFleet(names(agents));
  const units = names(agents).map((agent) => `mosaic-agent@${agent}.service`);
  const ours = [];
  const theirs = [];
  for (let round = 0; round < 5; round++) {
    ours.push(time(['muster', '-q', 'apply', '--yes']));
    run(['systemctl', '--user', 'stop', 'mosaic-tmux-holder.service', ...units]);
    run(['systemctl', '--user', 'disable', '--quiet', 'mosaic-tmux-holder.service', ...units]);
    theirs.push(time(['systemctl', '--user', 'enable', '--quiet', ...units]) + time(['systemctl', '--user', 'start', ...units]));
    run(['systemctl', '--user', 'stop', 'mosaic-tmux-holder.service', ...units]);
    run(['systemctl', '--user', 'disable', '--quiet', 'mosaic-tmux-holder.service', ...units]);
    for (const place of ['.config/mosaic', '.config/systemd/user', '.local/state/mosaic'])
      rmSync(path.join(home, place), { recursive: true, force: true });
    run(['systemctl', '--user', 'daemon-reload']);
  }
  return [row(`muster apply of ${agents} agents from nothing`, 'systemctl enable + start', ours, theirs, '<= 1.25')];
}

/** Nothing to do, by the module that people use for this. */
function ansible() {
  writeFleet(names(agents));
  run(['muster', '-q', 'apply', '--yes']);
  const loop = names(agents).map((agent) => `      - mosaic-agent@${agent}.service`);
  const playbook = [
    '- hosts: localhost',
    '  connection: local',
    '  gather_facts: false',
    '  tasks:',
    '  - systemd_service: { name: "{{ item }}", scope: user, state: started, enabled: true }',
    '    loop:',
    ...loop,
    '',
  ];
  writeFileSync(path.join(home, 'fleet.yaml'), playbook.join('\n'));
  return [
    compare(
      `muster apply, nothing to do, ${agents} agents`,
      ['muster', '-q', 'apply', '--yes'],
      'ansible systemd_service',
      ['ansible-playbook', path.join(home, 'fleet.yaml')],
      3,
      '<= 0.033',
    ),
  ];
}

/** Alternately, so that a machine whose speed drifts does so for both. */
function compare(what, command, against, other, samples, target) {
  time(command);
  time(other);
  const ours = [];
  const theirs = [];
  for (let sample = 0; sample < samples; sample++) {
    ours.push(time(command));
    theirs.push(time(other));
  }
  return row(what, against, ours, theirs, target);
}

function row(what, against, ours, theirs, target) {
  const ratios = ours.map((milliseconds, index) => milliseconds / (theirs[index] ?? Number.NaN));
  return {
    what,
    against: `${against} (${median(theirs).toFixed(0)} ms)`,
    median: median(ours),
    ratio: median(ratios).toFixed(3),
    target,
  };
}

function preset() {
  const fleet = [
    ['orchestrator', 'orchestrator'],
    ['enhancer', 'enhancer'],
    ['coder0', 'implementer'],
    ['coder1', 'implementer'],
    ['reviewer', 'reviewer'],
  ];
  return `version: 1\nprofile: coding\nagents:\n${fleet.map(([agent, role]) => `  - name: ${agent}\n    runtime: claude\n    class: ${role}\n`).join('')}`;
}
