import path from 'node:path';
import type { ControllerRecord, HistoryEntry } from '../model/controller.ts';
import type { ControllerStore } from '../model/controller-ports.ts';
import { makeDirectory, writeDurably } from './durable.ts';
import { asFileError } from './errors.ts';
import { historyWriter } from './history-writer.ts';
import { isFlag, isFormat, isText, nullOr, shapeOf } from './shape.ts';
import { readStateFile, refuseNewer } from './state-file.ts';
import { isBinding, isQuarantine } from './status-file.ts';

/** What a controller remembers, below the state directory: `controller.json`, and the history. */
export function controllerStore(stateDir: string): ControllerStore {
  const file = path.join(stateDir, 'controller.json');
  return {
    load: asFileError(
      () => 'read what the controller remembers',
      async () => {
        const record = readStateFile(file, isRecord, remedy);
        return record === null ? null : { ...record, format_version: '1.0' };
      },
    ),
    save: asFileError(
      (_record: ControllerRecord) => 'record what the controller remembers',
      async (record) => {
        refuseNewer(file);
        await makeDirectory(stateDir, 0o700);
        await writeDurably(file, `${JSON.stringify(record, null, 2)}\n`, 0o600);
      },
    ),
    append: asFileError((_entry: HistoryEntry) => 'write the history', historyWriter(stateDir)),
  };
}

const remedy =
  'move it away to begin anew: which revision is in force is then found from the refs below refs/muster/ and from the host';

const isRecord = shapeOf<ControllerRecord>({
  format_version: isFormat,
  binding: nullOr(isBinding),
  admitted: nullOr(isText),
  good: nullOr(isText),
  trial: nullOr(shapeOf<NonNullable<ControllerRecord['trial']>>({ revision: isText, blamed: isFlag })),
  quarantined: nullOr(isQuarantine),
});
