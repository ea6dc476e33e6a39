import type { ControllerStatus } from '../model/controller.ts';
import type { ControllerDeps } from './controller.ts';
import { Controller } from './controller.ts';

const longestMs = 120_000;

/** Runs the controller until it has nothing to do: for cron, and for a host that has no service of ours. */
export async function runOnce(
  deps: ControllerDeps,
  signal: AbortSignal,
): Promise<ControllerStatus | { readonly heldBy: string }> {
  const done = new AbortController();
  const late = AbortSignal.timeout(longestMs);
  let failures = 0;
  const controller = new Controller({
    ...deps,
    onPass: (report, status) => {
      deps.onPass(report, status);
      failures = report.error === null ? 0 : failures + 1;
      const isSettled =
        report.idle && !status.fleets.some(({ conditions }) => conditions.some(({ reason }) => reason === 'Starting'));
      if (isSettled || failures >= 3) done.abort('nothing is left to be done');
    },
  });
  const refused = await controller.run(AbortSignal.any([signal, done.signal, late]));
  return refused ?? controller.status();
}
