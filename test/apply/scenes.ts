import { type Convergence, type ConvergeOptions, converge } from '../../src/apply/converge.ts';
import type { RunEvent } from '../../src/apply/run.ts';
import type { Desired } from '../../src/model/desired.ts';
import type { Observation } from '../../src/model/observation.ts';
import type { Plan } from '../../src/model/plan.ts';
import { observe } from '../../src/observed/observe.ts';
import { scopeOf } from '../../src/observed/scope.ts';
import { makePlan } from '../../src/plan/plan.ts';
import { desiredFrom, sample } from '../desired/sample.ts';
import { type FakeHost, fakeHost } from '../fakes/host.ts';

/** Agents by name: class, and what else is written of it. */
export type Team = Readonly<Record<string, string>>;

const rosterOf = (team: Team, head = ''): string => {
  const agents = Object.entries(team).map(([name, written]) => `  - { name: ${name}, class: ${written} }\n`);
  return `version: 1\ndefaults: { runtime: stub }\n${head}\nagents:${agents.length === 0 ? ' []' : `\n${agents.join('')}`}\n`;
};

/** What rosters of these fleets ask of the host in memory. */
export function desiredOf(fleets: Readonly<Record<string, Team>>, head = ''): Desired {
  const texts = Object.entries(fleets).map(([name, team]) => [name, rosterOf(team, head)]);
  return desiredFrom(sample(Object.fromEntries(texts)), fakeHost().facts);
}

export const small: Team = { boss: 'orchestrator', muse: 'enhancer', coder0: 'implementer' };

export const lookAt = (host: FakeHost, desired: Desired): Promise<Observation> =>
  observe(host.readers, host.facts, scopeOf(desired));

export interface Prepared {
  readonly plan: Plan;
  readonly observation: Observation;
}

export async function planFor(host: FakeHost, desired: Desired): Promise<Prepared> {
  const observation = await lookAt(host, desired);
  const { plan } = makePlan({
    desired,
    observation,
    revision: null,
    dirty: false,
    against: 'host',
    adopt: true,
    rosterless: false,
    diagnostics: [],
  });
  return { plan, observation };
}

export interface Run extends Convergence {
  readonly plan: Plan;
  /** What the plan was made from. */
  readonly before: Observation;
  readonly events: readonly RunEvent[];
}

/** Observe, plan, carry out, look again. */
export async function apply(host: FakeHost, desired: Desired, more: Partial<ConvergeOptions> = {}): Promise<Run> {
  return carryOutOn(host, desired, await planFor(host, desired), more);
}

export async function carryOutOn(
  host: FakeHost,
  desired: Desired,
  prepared: Prepared,
  more: Partial<ConvergeOptions> = {},
): Promise<Run> {
  const events: RunEvent[] = [];
  const result = await converge(
    prepared.plan,
    { desired, observation: prepared.observation, readers: host.readers, writers: host.writers },
    () => lookAt(host, desired),
    {
      concurrency: 32,
      settleMs: 0,
      probationMs: 0,
      hold: { adopt: true },
      now: () => 0,
      signal: new AbortController().signal,
      onEvent: (event) => events.push(event),
      ...more,
    },
  );
  return { ...result, plan: prepared.plan, before: prepared.observation, events };
}

/** A host on which these fleets run. */
export async function hostRunning(desired: Desired, seed = 1): Promise<FakeHost> {
  const host = fakeHost({ seed });
  await apply(host, desired);
  return host;
}

/** Agents that live, by both witnesses. */
export function living(host: FakeHost): string[] {
  const runs = [...host.machine.sessions.values()].filter(
    ({ agent, incarnation }) => host.machine.runs.get(`mosaic-agent@${agent}.service`)?.invocation === incarnation,
  );
  return runs.map(({ agent }) => agent).sort();
}
