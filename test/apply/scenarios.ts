import type { Desired } from '../../src/model/desired.ts';
import { type FakeHost, fakeHost } from '../fakes/host.ts';
import { desiredOf, hostRunning, small } from './scenes.ts';

/** A host on its way from one state to another: what `before` leaves there, and what is desired now. */
export interface Scenario {
  readonly story: string;
  readonly before: Desired | null;
  readonly after: Desired;
  /** What happened besides. */
  readonly meanwhile?: (host: FakeHost) => void;
}

const other = { chief: 'orchestrator', muse2: 'enhancer', writer: 'researcher' };
const running = desiredOf({ coding: small });
const newLimits = ', resources: { tasks_max: 512 }';

export const scenarios: readonly Scenario[] = [
  { story: 'a first fleet', before: null, after: running },
  { story: 'two fleets at once', before: null, after: desiredOf({ coding: small, docs: other }) },
  { story: 'an agent more', before: running, after: desiredOf({ coding: { ...small, coder1: 'implementer' } }) },
  { story: 'an agent less', before: running, after: desiredOf({ coding: { boss: 'orchestrator', muse: 'enhancer' } }) },
  {
    story: 'a change to every agent',
    before: running,
    after: desiredOf({ coding: Object.fromEntries(Object.entries(small).map(([name, written]) => [name, written + newLimits])) }),
  },
  {
    story: 'another orchestrator',
    before: running,
    after: desiredOf({ coding: { chief: 'orchestrator', muse: 'enhancer', coder0: 'implementer' } }),
  },
  {
    story: 'the orchestrator becomes a coder, a coder the orchestrator',
    before: running,
    after: desiredOf({ coding: { boss: 'implementer', muse: 'enhancer', coder0: 'orchestrator' } }),
  },
  {
    story: 'other enhancers',
    before: desiredOf({ coding: { ...small, muse2: 'enhancer' } }),
    after: desiredOf({ coding: { boss: 'orchestrator', muse3: 'enhancer', muse4: 'enhancer', coder0: 'implementer' } }),
  },
  { story: 'a fleet in place of another', before: running, after: desiredOf({ docs: other }) },
  { story: 'the end of all fleets', before: running, after: desiredOf({}) },
  {
    story: 'a coder that stops, and one that ends by itself',
    before: running,
    after: desiredOf({ coding: { ...small, coder0: 'implementer, state: stopped', once: 'implementer, lifecycle: ephemeral' } }),
  },
  {
    story: 'what somebody did by hand',
    before: running,
    after: running,
    meanwhile: ({ machine }) => {
      machine.enabled.delete('mosaic-agent@muse.service');
      machine.stop('mosaic-agent@coder0.service');
      machine.files.delete('agents/boss.env');
      machine.addSession('lost', { agent: 'lost', incarnation: 'of old' });
      machine.enabled.add('mosaic-agent@ghost.service');
    },
  },
];

export async function hostOf({ before, meanwhile }: Scenario, seed = 1): Promise<FakeHost> {
  const host = before === null ? fakeHost({ seed }) : await hostRunning(before, seed);
  meanwhile?.(host);
  return host;
}

export const rows = scenarios.map((scenario) => [scenario.story, scenario] as const);
