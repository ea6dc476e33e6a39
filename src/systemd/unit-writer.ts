import { asPortError } from '../model/as-port-error.ts';
import { parseUnit } from '../model/names.ts';
import { type JobResult, PortError, type UnitWriter } from '../model/ports.ts';
import type { Bus } from './bus.ts';
import { type Jobs, type JobVerb, watchJobs } from './jobs.ts';
import { type BusSource, callManager, isError, listRows } from './manager.ts';
import { unitFiles } from './units.ts';

export interface UnitWriterOptions {
  /** `$XDG_RUNTIME_DIR`. */
  readonly runtimeDir: string;
  /** Milliseconds that a job may take before its unit is read instead; default 120 s, more than any time-out of our units. */
  readonly jobDeadline?: number;
  /** Told every few seconds while systemd says that a job goes on. */
  readonly onQueued?: () => void;
}

const recheckMs = 5000;

/** Nothing but our own kinds of unit is ever changed, whatever a caller asks for. */
function refuseOthers(units: readonly string[]): void {
  const other = units.find((unit) => parseUnit(unit) === null);
  if (other !== undefined) throw new PortError('refused', `${other} is none of ours`);
}

/** Changes the user manager. Jobs replace queued ones; every method waits until the deed is done. */
export function unitWriter(bus: BusSource, options: UnitWriterOptions): UnitWriter {
  const { runtimeDir, jobDeadline = 120_000, onQueued } = options;
  let watched: Jobs | null = null;
  const jobs = oncePerConnection(async (connection) => {
    watched = await watchJobs(connection, recheckMs, onQueued);
    return watched;
  });

  const run = (verb: JobVerb, doing: string, wanted: readonly string[]) =>
    asPortError(
      (unit: string) => `${doing} ${unit}`,
      async (unit): Promise<JobResult> => {
        refuseOthers([unit]);
        const connection = await bus();
        const result = await (await jobs(connection)).run(verb, unit, jobDeadline).catch(nothingToStop(verb, unit));
        return result ?? (await judged(connection, unit, wanted));
      },
    );

  return {
    start: run('StartUnit', 'start', ['active', 'reloading']),
    stop: run('StopUnit', 'stop', ['inactive', 'failed']),
    restart: run('RestartUnit', 'restart', ['active', 'reloading']),

    resetFailed: asPortError(
      (unit: string) => `reset the failure of ${unit}`,
      async (unit) => {
        refuseOthers([unit]);
        await callManager(await bus(), 'ResetFailedUnit', 's', [unit]).catch((error: unknown) => {
          if (!isError(error, 'NoSuchUnit')) throw error;
        });
      },
    ),

    enable: asPortError(
      (units: readonly string[]) => `enable ${some(units)}`,
      async (units) => {
        refuseOthers(units);
        if (units.length > 0) await callManager(await bus(), 'EnableUnitFiles', 'asbb', [units, false, false], slow);
      },
    ),

    disable: asPortError(
      (units: readonly string[]) => `disable ${some(units)}`,
      async (units) => {
        refuseOthers(units);
        if (units.length > 0) await disable(await bus(), units, runtimeDir);
      },
    ),

    reload: asPortError(
      () => 'reload the user manager',
      async () => {
        await callManager(await bus(), 'Reload', '', [], slow);
      },
    ),

    unasked: () => watched?.unasked() ?? [],
  };
}

const some = (units: readonly string[]): string => (units.length > 1 ? `${units.length} units` : units.join());

/** Enablement and reload read every unit file; generators may take their time. */
const slow = 90_000;

function oncePerConnection(make: (bus: Bus) => Promise<Jobs>): (bus: Bus) => Promise<Jobs> {
  const made = new WeakMap<Bus, Promise<Jobs>>();
  return (bus) => {
    const value = made.get(bus) ?? make(bus);
    made.set(bus, value);
    return value;
  };
}

/** What systemd does not know does not run. */
const nothingToStop =
  (verb: JobVerb, unit: string) =>
  (error: unknown): JobResult => {
    if (!isError(error, 'NoSuchUnit')) throw error;
    if (verb === 'StopUnit') return 'done';
    throw new PortError('failed', `systemd has no unit file for ${unit}`, { cause: error });
  };

/** The job's end went unseen: the unit itself may tell. */
async function judged(bus: Bus, unit: string, wanted: readonly string[]): Promise<JobResult> {
  const [row] = await listRows(bus, [globEscaped(unit)]);
  const active = row?.active ?? 'inactive';
  if (wanted.includes(active)) return 'done';
  return active === 'failed' ? 'failed' : 'lost';
}

const globEscaped = (text: string): string => text.replace(/[\\*?[]/g, '\\$&');

async function disable(bus: Bus, units: readonly string[], runtimeDir: string): Promise<void> {
  await callManager(bus, 'DisableUnitFiles', 'asb', [units, false], slow);
  const atRuntime = await stillEnabled(bus, units, runtimeDir);
  if (atRuntime.length === 0) return;
  await callManager(bus, 'DisableUnitFiles', 'asb', [atRuntime, true], slow);
  const left = await stillEnabled(bus, units, runtimeDir);
  if (left.length > 0)
    throw new PortError('refused', `${left.join(', ')}: enabled for every user of this machine, by its administrator`);
}

async function stillEnabled(bus: Bus, units: readonly string[], runtimeDir: string): Promise<readonly string[]> {
  const files = await unitFiles(bus, runtimeDir);
  return units.filter((unit) => files.of(unit).enablement.startsWith('enabled'));
}
