import path from 'node:path';
import type { DoctorPorts, FleetReader } from '../../model/doctor-ports.ts';
import { controllerUnit, launcherFile, supervisorFile, unitFile } from '../../model/names.ts';
import type { HostFacts } from '../../model/observation.ts';
import { once } from '../../model/once.ts';
import type { HostReaders } from '../../model/ports.ts';
import { controllerService } from '../../systemd/controller-service.ts';
import { managerProperty } from '../../systemd/manager.ts';
import { hostRoots } from '../facts.ts';
import { newestChange } from '../install.ts';
import { lazyBus } from '../lazy-bus.ts';
import { programReader } from './commands.ts';
import { machineReader } from './machine.ts';
import { managerReader } from './manager.ts';
import { placeReader } from './places.ts';

export interface ExaminedHost {
  readonly facts: HostFacts;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly uid: number;
  readonly readers: HostReaders;
  readonly date: () => Date;
  /** Monotonic, milliseconds. */
  readonly now: () => number;
  /** Milliseconds for each program that is run, and for the bus. */
  readonly deadline: number;
}

/** What the doctor asks of this machine, but for what rosters and a controller say. `close` ends the connection to the bus. */
export function examinedHost(
  { facts, env, uid, readers, date, now, deadline }: ExaminedHost,
  fleet: Pick<FleetReader, 'rosters' | 'controller' | 'connectors'>,
): { readonly ports: DoctorPorts; readonly close: () => Promise<void> } {
  const roots = hostRoots(facts, env);
  const { bus, close } = lazyBus(path.join(roots.runtimeDir, 'bus'));
  const service = controllerService(bus);
  // Several points ask the same.
  const environment = once(() => readers.units.environment());
  const ports: DoctorPorts = {
    machine: machineReader({
      facts,
      env,
      uid,
      runtimeDir: roots.runtimeDir,
      now: date,
      managerCgroup: once(async () => String(await managerProperty(await bus(), 'ControlGroup'))),
      deadline,
    }),
    manager: managerReader({
      bus,
      units: { environment, needsReload: readers.units.needsReload },
      service: () => service.state(),
      newestChange: () => newestChange({ facts, env }, [unitFile(controllerUnit), launcherFile]),
      now,
      deadline,
    }),
    programs: programReader(env, readers.files, deadline),
    places: placeReader(roots, facts, uid, env.TMUX_TMPDIR),
    fleet: {
      ...fleet,
      rosters: once(() => fleet.rosters()),
      files: () => readers.files.list([supervisorFile, launcherFile]),
      linger: () => readers.linger.get(),
      facts,
    },
  };
  return { ports, close };
}
