import type { Desired, DesiredAgent } from '../../src/model/desired.ts';

const agent = (name: string, runtime: string, program: DesiredAgent['program'], running = true): [string, DesiredAgent] => [
  name,
  {
    name,
    fleet: 'coding',
    class: 'worker',
    runtime,
    program,
    lifecycle: 'core',
    onChange: 'restart',
    running,
    files: [],
    config: 'sha256:0',
    place: { file: 'rosters/coding.yaml', line: 1, column: 1 },
  },
];

const fleet = (name: string, connector: string) => ({
  name,
  profile: null,
  waived: false,
  connector,
  file: `rosters/${name}.yaml`,
});

/** Two of one program, one with a PATH of its own, the stub, one at rest; a fleet by tmux and one by matrix. */
export const desiredOf: Desired = {
  state: { linger: true, files: {}, units: {}, sessions: {} },
  sections: { files: { keys: [], values: [] }, units: { keys: [], values: [] }, sessions: { keys: [], values: [] } },
  agentsByUnit: new Map(),
  files: new Map(),
  agents: new Map([
    agent('boss', 'claude', { command: 'claude', path: null }),
    agent('muse', 'claude', { command: 'claude', path: null }),
    agent('worker', 'deploy', { command: './deploy.sh', path: '/own' }),
    agent('canary', 'stub', { command: 'muster', path: null }),
    agent('idle', 'codex', { command: 'codex', path: null }, false),
  ]),
  connectors: new Map(),
  fleets: [fleet('coding', 'tmux'), fleet('chatty', 'matrix')],
  tmux: { socket: 'mosaic', holderSession: '_holder' },
  units: 'sha256:0',
  holder: 'sha256:0',
};
