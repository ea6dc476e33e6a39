import type { Desired } from '../model/desired.ts';
import { agentUnit, ownerOf } from '../model/names.ts';
import type { Action, Reason, TargetKind, Verb } from '../model/plan.ts';
import type { Derived, Orphan } from './derive.ts';
import { isRunning } from './roles.ts';
import type { FileTransition, UnitTransition, UnitVerb } from './transitions.ts';

/** What the steps of a unit wait for, besides one another. */
export interface UnitEdges {
  /** Before the first step of any kind. */
  readonly first?: readonly string[];
  /** Before the first step that brings the unit up (`enable`, `reset-failed`, `start`, `restart`). */
  readonly up?: readonly string[];
}

export const isUp = (verb: UnitVerb): boolean => verb !== 'stop' && verb !== 'disable';

/** The plan as it grows: makes actions, knows their ids. */
export class Sheet {
  readonly actions: Action[] = [];
  readonly #ids = new Set<string>();
  readonly #byFile = new Map<string, string>();
  readonly #desired: Desired;
  readonly #derived: Derived;

  constructor(desired: Desired, derived: Derived) {
    this.#desired = desired;
    this.#derived = derived;
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  /** Those of the ids that are in the plan. */
  present(ids: readonly string[]): string[] {
    return ids.filter((id) => this.#ids.has(id));
  }

  /** What happens to these files, where anything does. */
  fileActions(keys: readonly string[]): string[] {
    const ids: string[] = [];
    for (const key of keys) {
      const id = this.#byFile.get(key);
      if (id !== undefined) ids.push(id);
    }
    return ids;
  }

  file({ key, verb, reason }: FileTransition, after: readonly string[]): void {
    const agent = ownerOf(key);
    const id = this.#add(verb, key, 'file', { fleet: this.#fleetOf(agent), name: agent, target: key, reason, after });
    this.#byFile.set(key, id);
  }

  linger(tenant: string): void {
    this.#add('linger', tenant, 'host', { target: tenant, reason: 'rostered' });
  }

  reload(what: 'unit-files' | 'enablement', reason: Reason, after: readonly string[]): string {
    return this.#add('reload', what, 'manager', { reason, after });
  }

  killSession({ key, session }: Orphan): string {
    const fleet = this.#fleetOf(session.agent);
    return this.#add('kill-session', key, 'session', {
      fleet,
      name: session.agent,
      target: session.id,
      reason: 'orphan-session',
      disruptive: session.alive,
    });
  }

  /** Steps of one unit, each after the one before. Returns the last id as the list to wait for. */
  unit(transition: UnitTransition, edges: UnitEdges): readonly string[] {
    let previous: readonly string[] = [];
    let up = false;
    for (const [index, { verb, reason }] of transition.steps.entries()) {
      let after = index === 0 ? (edges.first ?? []) : previous;
      if (isUp(verb) && !up && edges.up !== undefined && edges.up.length > 0) after = [...after, ...edges.up];
      up ||= isUp(verb);
      previous = [this.#unitStep(transition, verb, reason, withoutRepeats(after))];
    }
    return previous;
  }

  #unitStep(transition: UnitTransition, verb: UnitVerb, reason: Reason, after: readonly string[]): string {
    const { unit, kind, name } = transition;
    const verdict = this.#derived.verdicts.get(unit);
    const ends = (verb === 'stop' || verb === 'restart') && kind === 'agent' && verdict !== undefined && isRunning(verdict);
    const role = transition.after ?? (transition.before === 'unknown' ? null : transition.before);
    const fleet = kind === 'connector' ? name : (role?.fleet ?? this.#fleetOf(name));
    return this.#add(verb, unit, kind, { fleet, name: name === '' ? null : name, unit, reason, after, disruptive: ends });
  }

  #add(
    verb: Verb,
    target: string,
    kind: TargetKind,
    rest: { reason: Reason } & Partial<Omit<Action, 'id' | 'verb' | 'kind'>>,
  ): string {
    const id = `${verb} ${target}`;
    this.#ids.add(id);
    const { fleet = null, name = null, unit = null, target: given = null, reason, after = [], disruptive = false } = rest;
    this.actions.push({ id, verb, kind, fleet, name, unit, target: given, reason, after, disruptive });
    return id;
  }

  #fleetOf(agent: string | null): string | null {
    if (agent === null) return null;
    const running = this.#derived.verdicts.get(agentUnit(agent))?.record?.fleet;
    return this.#desired.agents.get(agent)?.fleet ?? running ?? null;
  }
}

function withoutRepeats(ids: readonly string[]): readonly string[] {
  return ids.length < 2 || new Set(ids).size === ids.length ? ids : [...new Set(ids)];
}
