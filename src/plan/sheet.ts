import type { Desired } from '../model/desired.ts';
import { agentUnit, connectorOf, type FileKey, fleetToldBy, ownerOf } from '../model/names.ts';
import type { Action, Reason, TargetKind, Verb } from '../model/plan.ts';
import type { Derived, Orphan } from './derive.ts';
import { isRunning } from './roles.ts';
import type { FileTransition, Step, UnitTransition, UnitVerb } from './transitions.ts';

/** What the steps of a unit wait for, besides one another. */
export interface UnitEdges {
  /** Before the first step of any kind. */
  readonly first?: readonly string[];
  /** Before the step that ends the unit (`stop`). */
  readonly down?: readonly string[];
  /** Before the first step that brings the unit up (`enable`, `reset-failed`, `start`, `restart`). */
  readonly up?: readonly string[];
}

export const isUp = (verb: UnitVerb): boolean => verb !== 'stop' && verb !== 'disable';

/** The plan as it grows: makes actions, knows their ids. */
export class Sheet {
  readonly actions: Action[] = [];
  readonly #indexed = new Map<string, number>();
  /** No map: keys of documents are found in a record without a look at their text. */
  readonly #byFile: Record<FileKey, string> = Object.create(null);
  readonly #desired: Desired;
  readonly #derived: Derived;

  constructor(desired: Desired, derived: Derived) {
    this.#desired = desired;
    this.#derived = derived;
  }

  /** Where in `actions` each one stands, by id. Most plans never have to know. */
  get positions(): ReadonlyMap<string, number> {
    for (let i = this.#indexed.size; i < this.actions.length; i++) this.#indexed.set(this.actions[i]?.id ?? '', i);
    return this.#indexed;
  }

  /** Those of the ids that are in the plan. */
  present(ids: readonly string[]): string[] {
    if (ids.length === 0) return [];
    const { positions } = this;
    return ids.filter((id) => positions.has(id));
  }

  /** What happens to those of the files to which anything does. */
  fileActions(keys: readonly FileKey[]): string[] {
    const ids: string[] = [];
    for (const key of keys) {
      const id = this.#byFile[key];
      if (id !== undefined) ids.push(id);
    }
    return ids;
  }

  file({ key, verb, reason }: FileTransition, after: readonly string[]): void {
    const agent = ownerOf(key);
    const fleet = connectorOf(key) ?? fleetToldBy(key) ?? this.#fleetOf(agent);
    const id = this.#add({
      id: `${verb} ${key}`,
      verb,
      kind: 'file',
      fleet,
      name: agent,
      unit: null,
      target: key,
      reason,
      after,
      disruptive: false,
    });
    this.#byFile[key] = id;
  }

  linger(tenant: string): void {
    this.#add({ ...ofHost('linger', tenant, 'host', 'rostered'), target: tenant });
  }

  reload(what: 'unit-files' | 'enablement', reason: Reason, after: readonly string[]): string {
    return this.#add({ ...ofHost('reload', what, 'manager', reason), after });
  }

  killSession({ key, session }: Orphan): string {
    return this.#add({
      ...ofHost('kill-session', key, 'session', 'orphan-session'),
      fleet: this.#fleetOf(session.agent),
      name: session.agent,
      target: session.id,
      disruptive: session.alive,
    });
  }

  /** Steps of one unit, each after the one before. Returns the last id as the list to wait for. */
  unit(transition: UnitTransition, steps: readonly Step[], { first = [], down = [], up = [] }: UnitEdges): readonly string[] {
    let previous = first;
    let isDown = true;
    for (const step of steps) {
      const begins = isDown && isUp(step.verb);
      if (begins) isDown = false;
      const besides = begins ? up : step.verb === 'stop' ? down : [];
      previous = [this.#unitStep(transition, step, besides.length > 0 ? [...new Set([...previous, ...besides])] : previous)];
    }
    return steps.length === 0 ? [] : previous;
  }

  #unitStep(
    { unit, kind, name, before, after: role, verdict }: UnitTransition,
    { verb, reason }: Step,
    after: readonly string[],
  ): string {
    const disruptive = (verb === 'stop' || verb === 'restart') && kind === 'agent' && verdict !== undefined && isRunning(verdict);
    const held = before === 'unknown' ? null : before;
    const fleet = kind === 'connector' ? name : ((role ?? held)?.fleet ?? this.#fleetOf(name));
    return this.#add({
      id: `${verb} ${unit}`,
      verb,
      kind,
      fleet,
      name: name === '' ? null : name,
      unit,
      target: null,
      reason,
      after,
      disruptive,
    });
  }

  #add(action: Action): string {
    this.actions.push(action);
    return action.id;
  }

  #fleetOf(agent: string | null): string | null {
    if (agent === null) return null;
    return this.#desired.agents.get(agent)?.fleet ?? this.#derived.verdicts.get(agentUnit(agent))?.record?.fleet ?? null;
  }
}

const ofHost = (verb: Verb, what: string, kind: TargetKind, reason: Reason): Action => ({
  id: `${verb} ${what}`,
  verb,
  kind,
  fleet: null,
  name: null,
  unit: null,
  target: null,
  reason,
  after: [],
  disruptive: false,
});
