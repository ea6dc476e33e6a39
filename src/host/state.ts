import path from 'node:path';
import type { HostState, UnitState } from '../model/host-state.ts';
import type { AdmittedRecord } from '../model/observation.ts';
import type { StateReader, StateWriter } from '../model/ports.ts';
import { makeDirectory, writeDurably } from './durable.ts';
import { asFileError } from './errors.ts';
import { isCommit, isFlag, isFormat, isText, listOf, nullOr, oneOf, recordOf, shapeOf } from './shape.ts';
import { readStateFile, refuseNewer } from './state-file.ts';
import { suspensionReader } from './suspensions.ts';

const fileIn = (stateDir: string): string => path.join(stateDir, 'admitted.json');

/** A record that cannot be read is not an absent one: pruning is judged by it. */
export function stateReader(stateDir: string, now: () => Date = () => new Date()): StateReader {
  const suspensions = suspensionReader(stateDir, now);
  return {
    admitted: asFileError(
      () => 'read the last admitted revision',
      async () => {
        const record = readStateFile(fileIn(stateDir), isAdmittedRecord, remedy);
        return record === null ? null : { ...record, format_version: '1.0' };
      },
    ),
    suspensions: () => suspensions.list(),
  };
}

const remedy = 'move it away to begin anew: nothing is pruned until a revision has been admitted';

export function stateWriter(stateDir: string): StateWriter {
  return {
    recordAdmitted: asFileError(
      (_record: AdmittedRecord) => 'record the admitted revision',
      async (record) => {
        refuseNewer(fileIn(stateDir));
        await makeDirectory(stateDir, 0o700);
        await writeDurably(fileIn(stateDir), `${JSON.stringify(record, null, 2)}\n`, 0o600);
      },
    ),
  };
}

const isUnitState = shapeOf<UnitState>({ enabled: isFlag, active: isFlag, config: nullOr(isText) });

const isHostState = shapeOf<HostState>({
  linger: isFlag,
  files: recordOf(isText),
  units: recordOf(isUnitState),
  sessions: recordOf(oneOf([true])),
});

export const isAdmittedRecord = shapeOf<AdmittedRecord>({
  format_version: isFormat,
  revision: nullOr(isCommit),
  source: nullOr(shapeOf<NonNullable<AdmittedRecord['source']>>({ root: isText, rosters: isText })),
  fleets: recordOf(listOf(isText)),
  state: isHostState,
  at: isText,
});
