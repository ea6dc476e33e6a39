import type { Diagnostic } from '../model/diagnostic.ts';
import type { WhyCode } from '../model/explanation.ts';
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

/** Kinds of reasons for which something is left alone; the words of a reason are for people. */
export type HoldCode = Extract<WhyCode, 'suspended' | 'unknown' | 'masked' | 'foreign' | 'program-missing' | 'left-alone'>;

interface Held {
  readonly places: Map<string, { readonly why: string; readonly code: HoldCode }>;
  readonly units: Set<string>;
  readonly diagnostics: Diagnostic[];
}

/**
 * Collects what is held, each place for the first reason; an agent's unit takes its session along, and each unit its own files: from them
 * systemd starts it again after a crash.
 */
export class Holds {
  readonly #held: Held;
  readonly #code: HoldCode;

  constructor(code: HoldCode, held: Held = { places: new Map(), units: new Set(), diagnostics: [] }) {
    this.#code = code;
    this.#held = held;
  }

  /** The same collection; what is held by this one is held for such a reason. */
  as(code: HoldCode): Holds {
    return new Holds(code, this.#held);
  }

  unit(unit: string, name: string, why: string): void {
    this.unitAlone(unit, name, why);
    if (unit === connectorUnit(name)) this.place(`/files/${pointer(connectorFile(name))}`, why);
    if (unit !== agentUnit(name)) return;
    this.place(`/files/${pointer(environmentFile(name))}`, why);
    this.place(`/files/${pointer(agentDropIn(name))}`, why);
  }

  /** But for its files. */
  unitAlone(unit: string, name: string, why: string): void {
    this.#held.units.add(unit);
    this.place(`/units/${pointer(unit)}`, why);
    if (unit === agentUnit(name)) this.place(`/sessions/${pointer(name)}`, why);
  }

  place(path: string, why: string): void {
    const { places } = this.#held;
    if (!places.has(path)) places.set(path, { why, code: this.#code });
  }

  holdsUnit(unit: string): boolean {
    return this.#held.units.has(unit);
  }

  get size(): number {
    return this.#held.places.size;
  }

  get diagnostics(): Diagnostic[] {
    return this.#held.diagnostics;
  }

  places(): UnknownPlace[] {
    return [...this.#held.places].map(([path, { why }]) => ({ path, why }));
  }

  /** By place. */
  codes(): ReadonlyMap<string, HoldCode> {
    return new Map([...this.#held.places].map(([path, { code }]) => [path, code]));
  }
}
