import type { Desired } from '../model/desired.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { UnknownPlace } from '../model/plan.ts';
import type { Derived } from './derive.ts';
import { holdBlind, holdMissingPrograms, holdNewOrchestrators } from './hold-blind.ts';
import { holdFloor } from './hold-floor.ts';
import { holdForeignConnectors, holdForeignFiles, holdForeignTemplates } from './hold-foreign-files.ts';
import { holdForeignSessions, holdMaskedAndForeignUnits, holdMaskedFiles, holdStrayServer } from './hold-foreign-units.ts';
import { holdSuspended } from './hold-suspended.ts';
import { holdUnadopted } from './hold-unadopted.ts';
import { holdWaiting } from './hold-waiting.ts';
import { type HoldOptions, Holds } from './holds.ts';
import { holdTakeOver } from './take-over.ts';

/** Places that are known and yet must not be touched, each with its reason; findings for those that stand in the way. */
export interface HeldBack {
  readonly places: readonly UnknownPlace[];
  /** Those of `places` that are left alone because somebody asked for it: what differs there is still drift. */
  readonly suspended: ReadonlySet<string>;
  readonly diagnostics: readonly Diagnostic[];
}

export function holdBack(desired: Desired, derived: Derived, options: HoldOptions): HeldBack {
  const held = new Holds();
  holdSuspended(held, desired, derived);
  const suspended = new Set(held.places().map(({ path }) => path));
  holdBlind(held, desired, derived);
  holdNewOrchestrators(held, desired, derived);
  holdForeignTemplates(held, desired, derived, options);
  holdForeignConnectors(held, desired, derived, options);
  holdForeignFiles(held, desired, derived, options);
  holdStrayServer(held, desired, derived);
  holdMaskedAndForeignUnits(held, desired, derived);
  holdMaskedFiles(held, desired, derived);
  holdForeignSessions(held, desired, derived);
  holdMissingPrograms(held, desired, derived, options);
  holdUnadopted(held, desired, derived, options);
  holdWaiting(held, options.held ?? new Map(), desired, derived);
  holdFloor(held, desired, derived);
  if (holdTakeOver(held, desired, derived, options)) holdFloor(held, desired, derived);
  return { places: held.places(), suspended, diagnostics: held.diagnostics };
}
