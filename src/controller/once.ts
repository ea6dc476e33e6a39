import type { ControllerRecord, ControllerStatus } from '../model/controller.ts';
import type { ControllerDeps } from './controller.ts';
import { Controller } from './controller.ts';

const longestMs = 120_000;

/**
 * Runs the controller until it has nothing to do, and what is in force has proved itself or was undone: for cron, and for a host that has
 * no service of ours.
 */
export async function runOnce(
  deps: ControllerDeps,
  signal: AbortSignal,
): Promise<ControllerStatus | { readonly heldBy: string }> {
  const done = new AbortController();
  const late = AbortSignal.timeout(longestMs + deps.config.health.deadlineMs);
  let failures = 0;
  const controller = new Controller({
    ...deps,
    onPass: (report, status) => {
      deps.onPass(report, status);
      failures = report.error === null ? 0 : failures + 1;
      const isSettled =
        report.idle &&
        !status.fleets.some(({ conditions }) => conditions.some(({ reason }) => reason === 'Starting')) &&
        !isOnTrial(report.memory.record, status);
      if (isSettled || failures >= 3) done.abort('nothing is left to be done');
    },
  });
  const refused = await controller.run(AbortSignal.any([signal, done.signal, late]));
  return refused ?? controller.status();
}

/** It will be known soon whether the revision in force is good; one that is to blame for nothing is waited for only while its floor lives. */
function isOnTrial({ trial, admitted, good }: ControllerRecord, { fleets }: ControllerStatus): boolean {
  if (trial === null) return false;
  const floors = fleets.flatMap(({ conditions }) => conditions.filter(({ type }) => type === 'FloorHeld'));
  const isSoonStable = floors.every(({ status }) => status === 'True') && floors.some(({ reason }) => reason === 'Live');
  return isSoonStable || (trial.blamed && good !== null && good !== admitted);
}
