import type { ObservedUnit } from '../model/observation.ts';
import { PortError, type UnitReader } from '../model/ports.ts';

export interface Probation {
  /** Milliseconds that a unit has to live through. */
  readonly probationMs: number;
  /** Monotonic, in milliseconds. */
  readonly now: () => number;
}

const everyMs = 100;

/**
 * A start job is done when the agent's program has been started, not when it has proved to live. Rejects with a `PortError` when the
 * run that was just started ends within its probation.
 */
export async function proveLife(unit: string, units: UnitReader, { probationMs, now }: Probation): Promise<void> {
  const started = now();
  const run = await runOf(unit, units);
  for (let seen = run; ; seen = await runOf(unit, units)) {
    if (seen === null || seen !== run)
      throw new PortError('failed', `${unit} ended as soon as it was started; journalctl --user -u ${unit} tells why`);
    if (now() - started >= probationMs) return;
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

/**
 * Of units that were just started, those that have ended since and do so again within their probation: systemd brings such a unit
 * back time after time, and each time it looks as if it were up. Who has not ended yet costs no time. Rejects with a `PortError`.
 */
export async function keepEnding(
  started: readonly string[],
  units: UnitReader,
  { probationMs, now, signal }: Probation & { readonly signal: AbortSignal },
): Promise<readonly string[]> {
  const details = started.length > 0 ? await units.details(started) : {};
  // A start by hand sets the count back to 0.
  const ended = started.filter((unit) => (details[unit]?.restarts ?? 0) > 0);
  if (ended.length === 0) return [];
  const since = now();
  const first = await units.list();
  for (let seen = first; ; seen = await units.list()) {
    // Inactive is who ended for good: an ephemeral agent that is done.
    const again = ended.filter((unit) => seen[unit]?.active !== 'inactive' && !isSameRun(seen[unit], first[unit]));
    if (again.length === ended.length || now() - since >= probationMs || signal.aborted) return again;
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

/** InvocationID of the run under way; `null` when there is none, or none that is up. */
async function runOf(unit: string, units: UnitReader): Promise<string | null> {
  const seen = (await units.list())[unit];
  return isUp(seen) ? seen.invocation : null;
}

const isSameRun = (seen: ObservedUnit | undefined, first: ObservedUnit | undefined): boolean =>
  isUp(seen) && seen.invocation === first?.invocation;

const isUp = (seen: ObservedUnit | undefined): seen is ObservedUnit => seen?.active === 'active' && seen.invocation !== '';
