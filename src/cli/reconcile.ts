import { historyReader } from '../host/history.ts';
import type { ControllerStatus, HistoryEntry } from '../model/controller.ts';
import { renderJson } from '../views/json.ts';
import { renderReconciled } from '../views/reconcile.ts';
import { type Context, type ExitStatus, exitStatus } from './context.ts';
import { controlOf } from './control-of.ts';
import { askController } from './controller.ts';
import { formatOf, type OutputFlags } from './flags.ts';
import { factsOf } from './host.ts';
import { columnsOf, show, styleOf } from './output.ts';
import { refuse } from './refusal.ts';

/** Asks the controller to look now, and waits for the pass that it then makes. */
export async function reconcile(flags: OutputFlags, context: Context): Promise<ExitStatus> {
  const facts = factsOf({}, context);
  const began = context.date().toISOString();
  const asked = await askController(controlOf(facts, context).reconcile());
  if (asked === null) throw notRunning();
  const entries = await entriesSince(began, facts.stateDir);
  const status = asked.answer;
  if (formatOf(flags) === 'json') show(renderJson({ format_version: '1.0', entries, status }), context);
  else show(renderReconciled(entries, status, columnsOf(context), styleOf(flags, context.stdout, context)), context);
  return exitOf(status);
}

const notRunning = () =>
  refuse({
    code: 'controller/not-running',
    summary: 'no controller runs here',
    detail: 'Nothing was looked at.',
    hint: 'Start it: systemctl --user start mosaic-controller. Not installed yet: muster install. Without one: muster apply',
  });

/** More than one pass ever writes. */
const enough = 200;

/** What cannot be read of the history is not worth failing for: the status says how it ended. */
async function entriesSince(began: string, stateDir: string): Promise<readonly HistoryEntry[]> {
  const last = await historyReader(stateDir)
    .last(enough)
    .catch(() => []);
  return last.filter(({ at }) => at >= began);
}

/** As of `apply`: what is desired and was left alone counts as left. */
function exitOf({ attempted, obstacle, unfetched, left, fleets }: ControllerStatus): ExitStatus {
  if (attempted?.outcome === 'denied') return exitStatus.denied;
  const reconciled = fleets.every(({ conditions }) =>
    conditions.every(({ type, status }) => type !== 'Reconciled' || status === 'True'),
  );
  const inForce = unfetched === undefined && (attempted === null || attempted.outcome === 'admitted');
  return obstacle === null && left.length === 0 && reconciled && inForce ? exitStatus.done : exitStatus.failed;
}
