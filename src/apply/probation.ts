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

/** InvocationID of the run under way; `null` when there is none, or none that is up. */
async function runOf(unit: string, units: UnitReader): Promise<string | null> {
  const seen = (await units.list())[unit];
  return seen?.active === 'active' && seen.invocation !== '' ? seen.invocation : null;
}
