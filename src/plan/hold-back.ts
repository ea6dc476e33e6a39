import type { Desired } from '../model/desired.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { UnknownPlace } from '../model/plan.ts';
import type { Derived } from './derive.ts';
import { holdBlind, holdMissingPrograms, holdUnseenPosts } from './hold-blind.ts';
import { holdFloor } from './hold-floor.ts';
import { holdForeignConnectors, holdForeignFiles, holdForeignTemplates } from './hold-foreign-files.ts';
import { holdForeignSessions, holdMaskedAndForeignUnits, holdMaskedFiles, holdStrayServer } from './hold-foreign-units.ts';
import { holdSuspended } from './hold-suspended.ts';
import { holdUnadopted } from './hold-unadopted.ts';
import { holdWaiting } from './hold-waiting.ts';
import { type HoldCode, type HoldOptions, Holds } from './holds.ts';
import { holdTakeOver } from './take-over.ts';

/** Places that are known and yet must not be touched, each with its reason; findings for those that stand in the way. */
export interface HeldBack {
  readonly places: readonly UnknownPlace[];
  /** Those of `places` that are left alone because somebody asked for it, or may have: what differs there is still drift. */
  readonly suspended: ReadonlySet<string>;
  /** What kind of reason each of `places` has. */
  readonly codes: ReadonlyMap<string, HoldCode>;
  readonly diagnostics: readonly Diagnostic[];
}

export function holdBack(desired: Desired, derived: Derived, options: HoldOptions): HeldBack {
  const held = new Holds('left-alone');
  const [blind, foreign] = [held.as('unknown'), held.as('foreign')];
  holdSuspended(held.as('suspended'), desired, derived);
  const suspended = new Set(held.places().map(({ path }) => path));
  holdBlind(blind, desired, derived);
  holdUnseenPosts(blind, desired, derived);
  holdForeignTemplates(foreign, desired, derived, options);
  holdForeignConnectors(foreign, desired, derived, options);
  holdForeignFiles(foreign, desired, derived, options);
  holdStrayServer(foreign, desired, derived);
  holdMaskedAndForeignUnits(foreign, desired, derived);
  holdMaskedFiles(held.as('masked'), desired, derived);
  holdForeignSessions(foreign, desired, derived);
  holdMissingPrograms(held.as('program-missing'), desired, derived, options);
  holdUnadopted(held, desired, derived, options);
  holdWaiting(held, options.held ?? new Map(), desired, derived);
  holdFloor(held, desired, derived);
  if (holdTakeOver(held, desired, derived, options)) holdFloor(held, desired, derived);
  return { places: held.places(), suspended, codes: held.codes(), diagnostics: held.diagnostics };
}
