/** What is done about failures: again and again, less and less often; at last hardly ever; never, where it makes no sense. */

export interface Failing {
  readonly failures: number;
  readonly why: string;
  /** Monotonic milliseconds, as all times here. */
  readonly at: number;
  /** `Infinity`: not before something changes. */
  readonly notBefore: number;
  readonly quarantined: boolean;
  /** Tells one failure from another: the same evidence seen twice is one failure. */
  readonly evidence: string;
  readonly source: FailureSource;
}

/** `action`: what we did failed. `unit`: a look found it failed. */
export type FailureSource = 'action' | 'unit';

/** By resource: unit, file key, or what else actions act upon. */
export type Ledger = ReadonlyMap<string, Failing>;

export interface Failure {
  readonly resource: string;
  readonly why: string;
  readonly evidence: string;
  readonly source: FailureSource;
  /** Trying again can change nothing, such as exit status 78. */
  readonly permanent?: boolean;
  /** Each try is at the cost of another agent, such as a handover: it is quarantined at once. */
  readonly costly?: boolean;
}

export interface Chance {
  readonly now: number;
  /** From 0 to below 1. */
  readonly random: () => number;
}

const firstMs = 1000;
const longestMs = 5 * 60_000;
const quarantineAfter = 6;
const quarantineMs = 10 * 60_000;
/** What has lived so long, and could have been tried again for as long, is well again. */
const wellAfterMs = 60_000;

export function noteFailure(ledger: Ledger, failure: Failure, chance: Chance): Ledger {
  const last = ledger.get(failure.resource);
  if (last?.evidence === failure.evidence) return ledger;
  const { resource, why, evidence, source } = failure;
  // A start that failed leaves a failed unit: one failure, seen from two sides.
  if (last?.source === 'action' && source === 'unit' && failure.permanent !== true)
    return set(ledger, resource, { ...last, evidence, source });
  const failures = (last?.failures ?? 0) + 1;
  const quarantined = failure.permanent === true || failure.costly === true || failures >= quarantineAfter;
  const notBefore =
    failure.permanent === true ? Number.POSITIVE_INFINITY : chance.now + delay(failures, source, quarantined, chance);
  return set(ledger, resource, { failures, why, at: chance.now, notBefore, quarantined, evidence, source });
}

/** systemd has tried often before it calls a unit failed by itself: the first time we try at once. */
function delay(failures: number, source: FailureSource, quarantined: boolean, { random }: Chance): number {
  if (source === 'unit' && failures === 1) return 0;
  const ms = quarantined ? quarantineMs : Math.min(longestMs, firstMs * 2 ** (failures - 1));
  return ms * (0.8 + 0.4 * random());
}

export function noteSuccess(ledger: Ledger, resource: string): Ledger {
  if (!ledger.has(resource)) return ledger;
  const next = new Map(ledger);
  next.delete(resource);
  return next;
}

/** Evidence of a failure that is over, so that the next one seen is another one, whether or not it had another chance to live. */
export const cleared = '';

export function noteCleared(ledger: Ledger, resource: string): Ledger {
  const last = ledger.get(resource);
  return last === undefined ? ledger : set(ledger, resource, { ...last, evidence: cleared });
}

/** Forgets what has been well for long enough, and whatever nobody asks for any more. `wellSince`: `Infinity` for what is not well. */
export function noteWell(
  ledger: Ledger,
  wellSince: (resource: string) => number,
  isWanted: (resource: string) => boolean,
  now: number,
): Ledger {
  const isWell = (resource: string, { at, notBefore }: Failing): boolean =>
    now - Math.max(at, Number.isFinite(notBefore) ? notBefore : at, wellSince(resource)) >= wellAfterMs;
  const kept = [...ledger].filter(([resource, failing]) => isWanted(resource) && !isWell(resource, failing));
  return kept.length === ledger.size ? ledger : new Map(kept);
}

/** What must not be tried now, and why. */
export function heldBy(ledger: Ledger, now: number): ReadonlyMap<string, string> {
  const held = new Map<string, string>();
  for (const [resource, failing] of ledger) if (failing.notBefore > now) held.set(resource, whyHeld(failing, now));
  return held;
}

export function whyHeld({ failures, why, notBefore, quarantined }: Failing, now: number): string {
  if (notBefore === Number.POSITIVE_INFINITY) return `not tried again until something changes: ${why}`;
  const seconds = Math.max(1, Math.round((notBefore - now) / 1000));
  return `${quarantined ? 'quarantined' : 'backing off'} after ${failures} ${failures === 1 ? 'failure' : 'failures'}, again in ${seconds} s: ${why}`;
}

/** When the next of them may be tried; `Infinity` where none waits. */
export const nextTry = (ledger: Ledger, now: number): number =>
  Math.min(...[...ledger.values()].map(({ notBefore }) => (notBefore > now ? notBefore : Number.POSITIVE_INFINITY)));

function set(ledger: Ledger, resource: string, failing: Failing): Ledger {
  return new Map(ledger).set(resource, failing);
}
