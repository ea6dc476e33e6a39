import type { ConnectorClock, ConnectorSetting } from '../../model/connectors.ts';
import { isFormat, isText, isTime, shapeOf } from '../../model/shape.ts';

/** From when on a device was used. */
interface DeviceRecord {
  readonly format_version: '1.0';
  readonly device: string;
  readonly at: string;
}

const isDeviceRecord = shapeOf<DeviceRecord>({ format_version: isFormat, device: isText, at: isTime });

/** Which device our transactions are of: a homeserver knows those of another one no more. */
export interface Devices {
  /** Before anything is sent with it; on the disk when it resolves. */
  use(device: string): Promise<void>;
  /** Whether it was another one then. */
  isOther(at: string): boolean;
}

export function openDevices({ log, clock }: Pick<ConnectorSetting, 'log'> & { readonly clock: ConnectorClock }): Devices {
  const records = log('devices', isDeviceRecord);
  let used: string | null = null;
  let changedAt: string | null = null;
  return {
    use: async (device) => {
      if (device === used) return;
      const before = (await records.read()).records.at(-1);
      if (before?.device !== device) {
        const at = clock.date().toISOString();
        await records.append([{ format_version: '1.0', device, at }]);
        if (before !== undefined) changedAt = at;
      } else if ((await records.read()).records.length > 1) changedAt = before.at;
      used = device;
      await records.compact((all) => all.slice(-2));
    },
    isOther: (at) => changedAt !== null && Date.parse(at) <= Date.parse(changedAt),
  };
}
