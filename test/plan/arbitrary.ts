import fc from 'fast-check';
import type { Suspension } from '../../src/model/controller.ts';
import type { Desired } from '../../src/model/desired.ts';
import { known, unknown } from '../../src/model/known.ts';
import type { Observation } from '../../src/model/observation.ts';

import { hostOn, observationOf } from './hosts.ts';
import { befall, type Disaster, disasters, type Mishap, mishaps, type Stray, strays, straysIn, strike } from './mishaps.ts';
import { type AgentSketch, desiredOf, type FleetSketch, type Shared } from './sketches.ts';

/** How many worlds each property is tried on. The seed is fixed, so that a run tells about the code alone; another one finds more. */
export const runs = { numRuns: 500, seed: 7 };

/** A host that may be nothing like what was desired of it, and what is desired of it now. */
export interface World {
  readonly before: Desired;
  readonly desired: Desired;
  /** All that is true of the host. */
  readonly truth: Observation;
  /** What was read of it. */
  readonly seen: Observation;
  readonly adopt: boolean;
  readonly [fc.toStringMethod]: () => string;
}

const agentNames = ['a0', 'a1', 'a2', 'a3', 'a4', 'a5', 'a6', 'a7'];
/** By number; 0 is no fleet at all, so that examples shrink to few agents. */
const fleetNames = ['', 'f1', 'f2', 'f3'];
const classNames = ['implementer', 'enhancer', 'orchestrator'];

interface AgentDraft {
  readonly fleet: number;
  readonly class: number;
  readonly config: number;
  readonly stopped: boolean;
  readonly disabled: boolean;
  readonly ephemeral: boolean;
  readonly nextStart: boolean;
}

const seldom = fc.integer({ min: 0, max: 9 }).map((number) => number === 9);

const agentDraft: fc.Arbitrary<AgentDraft> = fc.record({
  fleet: fc.integer({ min: 0, max: fleetNames.length - 1 }),
  class: fc.integer({ min: 0, max: classNames.length - 1 }),
  config: fc.integer({ min: 0, max: 1 }),
  stopped: seldom,
  disabled: seldom,
  ephemeral: seldom,
  nextStart: seldom,
});

const agentDrafts = fc.tuple(...agentNames.map(() => agentDraft));
/** What becomes of each agent: `null` stays as it is. */
const agentChanges = fc.tuple(...agentNames.map(() => fc.option(agentDraft, { freq: 2 })));

/** Fleets as admission lets them through: `spare` names the agents that are added where the floor would lack one. */
function admitted(drafts: readonly AgentDraft[], waived: boolean, connectors: readonly number[], spare: string): FleetSketch[] {
  return fleetNames.flatMap((name, fleet): FleetSketch[] => {
    if (fleet === 0) return [];
    const members = drafts.flatMap((draft, i) => (draft.fleet === fleet ? [sketchOf(agentNames[i] ?? '', draft)] : []));
    if (members.length === 0) return [];
    const mayLack = waived && fleet === 1;
    const agents = withFloor(members, mayLack, `${name}-${spare}`);
    const connector = connectors[fleet] ?? 0;
    const talks = connector > 0 && agents.some((agent) => agent.class === 'orchestrator');
    const told = agents.map((agent) => `${agent.name} ${agent.class}`).sort();
    return [{ name, waived: mayLack, agents, told: told.join(), ...(talks ? { connector } : {}) }];
  });
}

const sketchOf = (name: string, draft: AgentDraft): AgentSketch => ({
  name,
  class: classNames[draft.class] ?? 'implementer',
  config: draft.config,
  state: draft.stopped ? 'stopped' : 'running',
  enabled: !draft.disabled && !draft.stopped,
  lifecycle: draft.ephemeral ? 'ephemeral' : 'core',
  onChange: draft.nextStart ? 'next-start' : 'restart',
});

function withFloor(members: readonly AgentSketch[], mayLack: boolean, spare: string): AgentSketch[] {
  const first = members.findIndex((agent) => agent.class === 'orchestrator');
  const agents = members.map((agent, i) => {
    if (agent.class !== 'orchestrator') return agent;
    return i === first ? steadfast(agent) : { ...agent, class: 'implementer' };
  });
  if (mayLack) return agents;
  const enhancer = agents.findIndex((agent) => agent.class === 'enhancer');
  const held = agents.map((agent, i) => (i === enhancer ? steadfast(agent) : agent));
  return [
    ...held,
    ...(first < 0 ? [{ name: `${spare}-o`, class: 'orchestrator' }] : []),
    ...(enhancer < 0 ? [{ name: `${spare}-e`, class: 'enhancer' }] : []),
  ];
}

const steadfast = (agent: AgentSketch): AgentSketch => ({ ...agent, state: 'running', enabled: true, lifecycle: 'core' });
const sources = ['linger', 'files', 'units', 'tmux', 'records', 'completed', 'programs', 'admitted', 'suspensions'] as const;
type Source = (typeof sources)[number];

/** What became of a host since it was as `from` would have it, and what is desired of it now. */
export interface Story {
  readonly from: readonly FleetSketch[];
  readonly to: readonly FleetSketch[];
  readonly shared?: Shared;
  /** By agent. */
  readonly mishaps?: readonly (readonly [string, Mishap])[];
  readonly strays?: readonly Stray[];
  readonly disaster?: Disaster;
  readonly unreadable?: readonly Source[];
  /** Default true: `from` was admitted here. */
  readonly admitted?: boolean;
  readonly adopt?: boolean;
  /** Such as `fleet f1`. */
  readonly suspended?: readonly string[];
}

export function worldOf(story: Story): World {
  const before = desiredOf(story.from);
  const desired = desiredOf(story.to, story.shared);
  const host = hostOn(before, desired);
  for (const [agent, mishap] of story.mishaps ?? []) befall(host, desired, agent, mishap);
  for (const stray of story.strays ?? []) straysIn(host, stray);
  strike(host, story.disaster ?? 'none');
  const truth = {
    ...observationOf(host, story.admitted === false ? null : before),
    suspensions: known((story.suspended ?? []).map(suspensionOf)),
  };
  return {
    before,
    desired,
    truth,
    seen: blind(truth, story.unreadable ?? []),
    adopt: story.adopt ?? false,
    [fc.toStringMethod]: () => JSON.stringify({ ...story, from: tell(story.from), to: tell(story.to) }, null, 1),
  };
}

export function suspensionOf(target: string): Suspension {
  const [kind, name = ''] = target.split(' ');
  const since = '2026-01-02T03:04:05Z';
  return { kind: kind === 'fleet' ? 'fleet' : 'agent', name, reason: null, since, until: null, by: 'jason' };
}

export function blind(truth: Observation, hidden: readonly Source[]): Observation {
  return { ...truth, ...Object.fromEntries(hidden.map((source) => [source, unknown('it could not be read')])) };
}

const unreadable: fc.Arbitrary<readonly Source[]> = fc.oneof(
  { weight: 5, arbitrary: fc.constant([]) },
  { weight: 1, arbitrary: fc.uniqueArray(fc.constantFrom(...sources), { minLength: 1, maxLength: 2 }) },
);

const targets = [
  ...['f1', 'f2', 'f3'].map((name) => `fleet ${name}`),
  ...[...agentNames, 'stray', 'nobody', 'left', 'f1-old-o', 'f1-new-o', 'f2-old-e'].map((name) => `agent ${name}`),
];
const suspended: fc.Arbitrary<readonly string[]> = fc.oneof(
  { weight: 3, arbitrary: fc.constant([]) },
  { weight: 1, arbitrary: fc.uniqueArray(fc.constantFrom(...targets), { minLength: 1, maxLength: 3 }) },
);

export const world: fc.Arbitrary<World> = fc
  .record({
    drafts: agentDrafts,
    changes: agentChanges,
    waived: seldom,
    connectors: fc.tuple(...fleetNames.map(() => fc.integer({ min: 0, max: 2 }))),
    nextConnectors: fc.tuple(...fleetNames.map(() => fc.integer({ min: 0, max: 2 }))),
    newUnits: seldom,
    newHolder: seldom,
    mishaps: fc.array(fc.tuple(fc.nat({ max: 20 }), fc.constantFrom(...mishaps)), { maxLength: 3 }),
    strays: fc.uniqueArray(fc.constantFrom(...strays), { maxLength: 2 }),
    disaster: fc.constantFrom(...disasters),
    admitted: fc.integer({ min: 0, max: 4 }).map((number) => number > 0),
    adopt: seldom,
    unreadable,
    suspended,
  })
  .map(({ drafts, changes, waived, connectors, nextConnectors, newUnits, newHolder, mishaps, ...rest }) => {
    const from = admitted(drafts, waived, connectors, 'old');
    const after = drafts.map((agent, i) => changes[i] ?? agent);
    const to = admitted(after, waived, nextConnectors, 'new');
    const names = [...new Set([...from, ...to].flatMap(({ agents }) => agents.map(({ name }) => name)))];
    const shared = { units: newUnits ? 1 : 0, holder: newHolder ? 1 : 0 };
    const told = mishaps.map(([position, mishap]) => [names[position % Math.max(names.length, 1)] ?? '', mishap] as const);
    return worldOf({ from, to, shared, mishaps: told, ...rest });
  });

/** Only what is not as usual. */
const tell = (fleets: readonly FleetSketch[]): string[] =>
  fleets.map(({ name, waived, connector, agents }) => {
    const told = agents.map((agent) => {
      const { name: who, class: className, config = 0, state = 'running', lifecycle = 'core', onChange = 'restart' } = agent;
      const odd = [state, agent.enabled === false ? 'disabled' : '', lifecycle, onChange, config > 0 ? `config ${config}` : ''];
      return [who, className, ...odd.filter((word) => !['', 'running', 'core', 'restart'].includes(word))].join(' ');
    });
    return `${name}${waived === true ? ' waived' : ''}${connector === undefined ? '' : ` connector ${connector}`}: ${told.join(', ')}`;
  });
