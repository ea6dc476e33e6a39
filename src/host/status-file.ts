import path from 'node:path';
import type { Attempt, BackOff, Binding, Condition, ControllerStatus, Quarantine, Suspension } from '../model/controller.ts';
import { conditionTypes } from '../model/controller.ts';
import type { PlanDiagnostic } from '../model/plan.ts';
import { makeDirectory, replaceFile } from './durable.ts';
import { asFileError } from './errors.ts';
import { isCount, isFlag, isFormat, isText, isTime, listOf, nullOr, oneOf, optional, shapeOf } from './shape.ts';
import { readStateFile, refuseNewer } from './state-file.ts';

/** What a controller last told of itself, `status.json`. It outlives the controller: whether one runs is not said by it. */
export interface StatusFile {
  /** Atomic. Not durable: it is told anew after every pass. */
  write(status: ControllerStatus): Promise<void>;
  /** `null` where none was ever written. */
  read(): Promise<ControllerStatus | null>;
}

export function statusFile(stateDir: string): StatusFile {
  const file = path.join(stateDir, 'status.json');
  return {
    write: asFileError(
      (_status: ControllerStatus) => 'write the status of the controller',
      async (status) => {
        refuseNewer(file);
        await makeDirectory(stateDir, 0o700);
        await replaceFile(file, `${JSON.stringify(status, null, 2)}\n`, 0o600);
      },
    ),
    read: asFileError(
      () => 'read the status of the controller',
      async () => {
        const status = readStateFile(file, isStatus, 'the controller writes it anew after its next pass');
        return status === null ? null : { ...status, format_version: '1.0' };
      },
    ),
  };
}

export const isBinding = shapeOf<Binding>({ repository: isText, ref: isText, rosters: isText });
export const isQuarantine = shapeOf<Quarantine>({ revision: isText, why: isText, at: isText });

export const isPlanDiagnostic = shapeOf<PlanDiagnostic>({
  severity: oneOf(['error', 'warning', 'notice']),
  code: isText,
  summary: isText,
  detail: optional(isText),
  hint: optional(isText),
  file: optional(isText),
  line: optional(isCount),
  column: optional(isCount),
});

const isAttempt = shapeOf<Attempt>({
  revision: nullOr(isText),
  outcome: oneOf(['admitted', 'denied', 'quarantined', 'unreadable']),
  diagnostics: listOf(isPlanDiagnostic),
  at: isText,
});

const isCondition = shapeOf<Condition>({
  type: oneOf(conditionTypes),
  status: oneOf(['True', 'False', 'Unknown']),
  reason: isText,
  message: isText,
  since: isText,
  observed_revision: nullOr(isText),
});

const isBackOff = shapeOf<BackOff>({
  resource: isText,
  failures: isCount,
  why: isText,
  until: nullOr(isTime),
  quarantined: isFlag,
});

export const isSuspension = shapeOf<Suspension>({
  kind: oneOf(['fleet', 'agent']),
  name: isText,
  reason: nullOr(isText),
  since: isText,
  until: nullOr(isText),
  by: isText,
});

const isStatus = shapeOf<ControllerStatus>({
  format_version: isFormat,
  host: isText,
  tenant: isText,
  pid: isCount,
  started: isTime,
  binding: nullOr(isBinding),
  attempted: nullOr(isAttempt),
  applied: nullOr(isText),
  good: nullOr(isText),
  quarantined: nullOr(isQuarantine),
  fleets: listOf(shapeOf<ControllerStatus['fleets'][number]>({ name: isText, conditions: listOf(isCondition) })),
  back_offs: listOf(isBackOff),
  suspensions: listOf(isSuspension),
  left: listOf(isText),
  drift: listOf(isText),
  obstacle: nullOr(isText),
  unfetched: optional(isText),
  passes: isCount,
  last_pass: nullOr(shapeOf<NonNullable<ControllerStatus['last_pass']>>({ at: isText, took_ms: isCount })),
});
