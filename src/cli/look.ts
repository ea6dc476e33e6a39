import type { Desired } from '../model/desired.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { parseUnit } from '../model/names.ts';
import type { HostFacts, Observation, ObservedUnit, UnitDetail } from '../model/observation.ts';
import type { HostReaders } from '../model/ports.ts';
import type { StatusReport } from '../model/report.ts';
import type { StatusController } from '../model/status.ts';
import { observe, othersAtWork } from '../observed/observe.ts';
import { scopeOf } from '../observed/scope.ts';
import { reportOf } from '../plan/report.ts';
import { statusOf } from '../plan/status.ts';
import { statusUnread } from '../plan/status-unread.ts';
import type { Context } from './context.ts';
import { findingsOf, type InForce } from './in-force.ts';
import { type Runtimes, signReader } from './signs.ts';

/** What one look at the host has shown. */
export interface Look {
  readonly observation: Observation;
  readonly report: StatusReport;
  /** What could not be read. */
  readonly findings: readonly Diagnostic[];
  /** Nothing is missing that a status is made of. */
  readonly whole: boolean;
}

/** What is desired, and who sees to it; both may still be on their way. */
export interface Wanted {
  readonly inForce: Promise<InForce>;
  readonly controller: Promise<StatusController>;
}

/** Rosters, controller and host are read side by side; then, side by side, what only the host can name: details of units, screens. */
export function looker(facts: HostFacts, context: Context): (readers: HostReaders, wanted: Wanted) => Promise<Look> {
  const signReading = signReader(facts, context);
  return async (readers, { inForce, controller: told }) => {
    inForce.catch(() => 'met again below');
    const [observation, controller, ahead] = await Promise.all([
      observe(
        readers,
        facts,
        inForce.then(({ desired }) => scopeOf(desired)),
      ),
      told,
      othersAtWork().then(() => signReading.ahead()),
    ]);
    const { desired, unread } = await inForce;
    const units = observation.units.known ? observation.units.value : {};
    const [details, { signs, unknown }] = await Promise.all([
      readers.units.details(Object.keys(units), units).catch((): Record<string, UnitDetail> => ({})),
      signReading.read(observation, runtimesOf(desired, units), ahead),
    ]);
    const status =
      unread === null
        ? statusOf(desired, observation, details, controller)
        : statusUnread({ nothing: desired, why: unread.why }, observation, details, controller);
    return {
      observation,
      report: reportOf(status, signs, unknown),
      findings: findingsOf(observation, unread),
      whole: unread === null && observation.units.known && observation.tmux.known,
    };
  };
}

/** Of who is rostered, and of who has a unit: what is in the rosters may not be readable now. */
function runtimesOf({ agents }: Desired, units: Readonly<Record<string, ObservedUnit>>): Runtimes {
  const present = Object.keys(units).flatMap((unit) => {
    const parsed = parseUnit(unit);
    return parsed?.kind === 'agent' ? [[parsed.name, 'unknown'] as const] : [];
  });
  return new Map([...present, ...[...agents.values()].map(({ name, runtime }) => [name, runtime] as const)]);
}
