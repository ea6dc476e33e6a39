/** Diff, order and judge of whole fleets, without any host. Prints rows as JSON. */
import { composeDesired } from '../../src/desired/compose.ts';
import type { Desired } from '../../src/model/desired.ts';
import { known } from '../../src/model/known.ts';
import type { HostFacts, Observation } from '../../src/model/observation.ts';
import type { Agent, Roster } from '../../src/model/roster.ts';
import { planChanges } from '../../src/plan/changes.ts';
import { convergedOn } from '../../src/plan/converged.ts';
import { judge } from '../../src/plan/simulate.ts';
import { startOf } from '../../src/plan/simulate-start.ts';

const facts: HostFacts = {
  host: 'h',
  tenant: 't',
  home: '/home/t',
  mosaicHome: '/home/t/.config/mosaic',
  stateDir: '/home/t/.local/state/mosaic',
  launcher: ['muster'],
};

const sizes = [1000, 10_000] as const;
const cases = {
  'nothing to do': (desired: Desired) => convergedOn(desired, '0', facts),
  'every agent changed': (desired: Desired) => changed(convergedOn(desired, '0', facts)),
  'from nothing': () => nothing(),
};

const rows = Object.entries(cases).map(([name, observationOf]) => {
  const [small, large] = sizes.map((size) => measure(desiredOf(size), observationOf));
  const ratio = small === undefined || large === undefined ? Number.NaN : large / small;
  return {
    what: `diff + order + judge of 10000 agents, ${name}`,
    against: `1000 agents (${small?.toFixed(1)} ms)`,
    median: large,
    ratio: ratio.toFixed(1),
    target: '<= 13, < 100 ms',
  };
});
process.stdout.write(JSON.stringify(rows));

function measure(desired: Desired, observationOf: (desired: Desired) => Observation): number {
  const observation = observationOf(desired);
  const samples = Array.from({ length: 15 }, () => {
    const start = performance.now();
    const changes = planChanges(desired, observation, { adopt: true });
    const { violations } = judge(startOf(observation, desired), changes, desired);
    if (violations.length > 0) throw new Error(JSON.stringify(violations[0]));
    return performance.now() - start;
  });
  return samples.sort((a, b) => a - b)[7] ?? Number.NaN;
}

function desiredOf(size: number): Desired {
  const roles = Object.fromEntries(
    ['orchestrator', 'enhancer', 'worker'].map((name) => [name, { name, classes: [name], text: `# ${name}\n` }]),
  );
  const templates = { holder: 'holder', agent: 'agent', supervisor: 'supervisor', connector: 'connector' };
  return composeDesired({ rosters: [roster(size)], roles, facts, templates });
}

function roster(size: number): Roster {
  const place = { file: 'f', line: 1, column: 1 };
  return {
    file: 'f',
    fleet: 'f',
    profile: null,
    hosts: null,
    tenant: null,
    tmux: { socket: 'mosaic', holderSession: '_holder' },
    connector: { kind: 'tmux', operators: [], settings: {}, declared: false },
    runtimes: { toy: { command: 'sh', args: [], env: {} } },
    agents: Array.from({ length: size }, (_, index) => agent(index)),
    locate: () => place,
  };
}

function agent(index: number): Agent {
  return {
    name: index === 0 ? 'orchestrator' : index === 1 ? 'enhancer' : `worker${index}`,
    class: index === 0 ? 'orchestrator' : index === 1 ? 'enhancer' : 'worker',
    runtime: 'toy',
    persistentPersona: false,
    modelHint: null,
    workingDirectory: null,
    env: {},
    enabled: true,
    state: 'running',
    lifecycle: 'core',
    onChange: 'restart',
    resources: {},
  };
}

function changed(observation: Observation): Observation {
  if (!observation.records.known) return observation;
  const records = Object.entries(observation.records.value).map(([unit, record]) => [
    unit,
    { ...record, config: 'sha256:other' as const },
  ]);
  return { ...observation, records: known(Object.fromEntries(records)) };
}

function nothing(): Observation {
  return {
    format_version: '1.0',
    facts,
    linger: known(false),
    files: known({}),
    units: known({}),
    tmux: known({ socket: 'mosaic', server: false, sessions: [] }),
    records: known({}),
    stale: known(false),
    completed: known({}),
    programs: known({}),
    admitted: known(null),
  };
}
