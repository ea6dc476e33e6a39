import type { Diagnostic } from '../model/diagnostic.ts';
import { agentDropIn, agentUnit, connectorFile, connectorUnit, environmentFile } from '../model/names.ts';
import type { UnknownPlace } from '../model/plan.ts';
import { pointer } from './pointer.ts';

export interface HoldOptions {
  /** The roster directory holds no roster at all: that removes nothing. */
  readonly rosterless?: boolean;
  /** Take over units of our names that are not marked as ours, and prune a host on which no revision is recorded. */
  readonly adopt: boolean;
  /** Units, file keys and places that must not be acted upon now, each with its reason. */
  readonly held?: ReadonlyMap<string, string>;
  /** Restart those agents now that would otherwise keep what they were started with until their next start. */
  readonly relaunch?: boolean;
}

/** Collects what is held; an agent's unit takes its session along, and each unit its own files: from them systemd starts it again after a crash. */
export class Holds {
  readonly diagnostics: Diagnostic[] = [];
  readonly #places = new Map<string, string>();
  readonly #units = new Set<string>();

  unit(unit: string, name: string, why: string): void {
    this.unitAlone(unit, name, why);
    if (unit === connectorUnit(name)) this.place(`/files/${pointer(connectorFile(name))}`, why);
    if (unit !== agentUnit(name)) return;
    this.place(`/files/${pointer(environmentFile(name))}`, why);
    this.place(`/files/${pointer(agentDropIn(name))}`, why);
  }

  /** But for its files. */
  unitAlone(unit: string, name: string, why: string): void {
    this.#units.add(unit);
    this.place(`/units/${pointer(unit)}`, why);
    if (unit === agentUnit(name)) this.place(`/sessions/${pointer(name)}`, why);
  }

  place(path: string, why: string): void {
    if (!this.#places.has(path)) this.#places.set(path, why);
  }

  holdsUnit(unit: string): boolean {
    return this.#units.has(unit);
  }

  get size(): number {
    return this.#places.size;
  }

  places(): UnknownPlace[] {
    return [...this.#places].map(([path, why]) => ({ path, why }));
  }
}
