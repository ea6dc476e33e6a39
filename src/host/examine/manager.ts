import type { ControllerUnit, ManagerReader } from '../../model/doctor-ports.ts';
import type { UnitReader } from '../../model/ports.ts';
import type { ServiceState } from '../../systemd/controller-service.ts';
import { type BusSource, listRows, managerProperty, ping } from '../../systemd/manager.ts';
import { lockHolder } from '../lock.ts';

export interface ManagerInput {
  readonly bus: BusSource;
  readonly units: Pick<UnitReader, 'environment' | 'needsReload'>;
  readonly service: () => Promise<ServiceState>;
  /** When what the controller runs was last changed, in milliseconds since the epoch. */
  readonly newestChange: () => number;
  /** Monotonic, milliseconds. */
  readonly now: () => number;
  /** Milliseconds. */
  readonly deadline: number;
}

/** The user manager over its bus; every method rejects where there is none. */
export function managerReader({ bus, units, service, newestChange, now, deadline }: ManagerInput): ManagerReader {
  return {
    bus: async () => {
      const began = now();
      await ping(await bus(), deadline);
      return now() - began;
    },
    state: async () => {
      const connection = await bus();
      const [version, state] = await Promise.all(['Version', 'SystemState'].map((name) => managerProperty(connection, name)));
      const rows = state === 'degraded' ? await listRows(connection, ['*']) : [];
      const failed = rows.filter(({ active }) => active === 'failed').map(({ unit }) => unit);
      return { version: String(version), state: String(state), failed: failed.sort() };
    },
    environment: units.environment,
    needsReload: units.needsReload,
    controllerUnit: async () => controllerUnitOf(await service(), newestChange()),
    lockHolder: async () => lockHolder(await bus()),
  };
}

const controllerUnitOf = ({ load, active, enabled, began, ending }: ServiceState, changed: number): ControllerUnit => ({
  load,
  active,
  enabled,
  ending,
  outdated: began !== null && began < changed,
});
