import { stateReader } from '../host/state.ts';
import { controllerStore } from '../host/store.ts';
import { suspensionWriter } from '../host/suspensions.ts';
import type { HistoryEntry, Suspension } from '../model/controller.ts';
import type { HostFacts } from '../model/observation.ts';
import { PortError, type StateReader } from '../model/ports.ts';
import { renderJson } from '../views/json.ts';
import { renderSuspended } from '../views/suspension.ts';
import { type Context, type ExitStatus, exitStatus } from './context.ts';
import { controlOf } from './control-of.ts';
import { askController } from './controller.ts';
import { formatOf, type OutputFlags } from './flags.ts';
import { factsOf } from './host.ts';
import { desiredOnRecord } from './in-force.ts';
import { show, styleOf } from './output.ts';
import { type Names, type Target, type TargetFlags, targetOf } from './target.ts';
import { durationOf, timeOf, wrong } from './time.ts';
import { uncoveredBy } from './uncovered.ts';

export interface SuspendFlags extends TargetFlags, OutputFlags {
  readonly reason?: string;
  readonly for?: string;
  readonly until?: string;
}

/** Leaves an agent or a fleet as it is, until it is resumed: through the controller where one runs, else by writing it down. */
export async function suspend(name: string, flags: SuspendFlags, context: Context): Promise<ExitStatus> {
  const facts = factsOf({}, context);
  const until = untilOf(flags, context.date());
  const state = stateReader(facts.stateDir, context.date);
  const others = await state.suspensions();
  const target = targetOf(name, flags, await namesHere(state));
  const suspension = { ...target, reason: reasonOf(flags), until, by: facts.tenant };
  const asked = await askController(controlOf(facts, context).suspend(suspension));
  if (asked === null) await writeDown({ ...suspension, since: now(context) }, facts, context);
  report(suspension, await uncovered(target, others, facts, state, context), asked !== null, flags, context);
  return exitStatus.done;
}

/** What was admitted here, and what is suspended although it is no more. */
export async function namesHere(state: Pick<StateReader, 'admitted'>): Promise<Names> {
  const fleets = (await state.admitted())?.fleets ?? {};
  return { fleets: Object.keys(fleets), agents: Object.values(fleets).flat() };
}

const now = ({ date }: Context): string => date().toISOString();

function untilOf({ for: length, until }: SuspendFlags, date: Date): string | null {
  if (length !== undefined && until !== undefined) throw wrong('--until', until, 'is said beside --for', 'Give one of the two.');
  if (length !== undefined) return new Date(date.getTime() + durationOf(length, '--for')).toISOString();
  if (until === undefined) return null;
  const at = timeOf(until, '--until');
  if (at.getTime() <= date.getTime()) throw wrong('--until', until, 'is past', 'Name a time to come.');
  return at.toISOString();
}

const longestReason = 1000;

function reasonOf({ reason }: SuspendFlags): string | null {
  if (reason === undefined || reason.trim() === '') return null;
  if (reason.length > longestReason)
    throw wrong('--reason', `${reason.slice(0, 20)}…`, `is over ${longestReason} characters`, 'Say it more shortly.');
  return reason;
}

async function writeDown(suspension: Suspension, { stateDir }: HostFacts, context: Context): Promise<void> {
  const { kind, name, by, reason } = suspension;
  await suspensionWriter(stateDir, context.date).suspend(suspension);
  await remember({ kind: 'suspended', target: `${kind} ${name}`, by, message: reason ?? '' }, stateDir, context);
}

type Told = Pick<HistoryEntry & { readonly kind: 'suspended' | 'resumed' }, 'kind' | 'target' | 'by' | 'message'>;

/** History tells who suspended what also where no controller runs. It is not worth failing for. */
export async function remember(told: Told, stateDir: string, context: Context): Promise<void> {
  try {
    const revision = (await stateReader(stateDir).admitted())?.revision ?? null;
    await controllerStore(stateDir).append({ format_version: '1.0', at: now(context), revision, ...told });
  } catch (error) {
    if (!(error instanceof PortError)) throw error;
  }
}

/** `null` where the rosters in force cannot be read: then nobody can tell. */
async function uncovered(
  target: Target,
  others: readonly Suspension[],
  facts: HostFacts,
  state: Pick<StateReader, 'admitted'>,
  context: Context,
): Promise<readonly string[] | null> {
  const desired = await desiredOnRecord(facts, state, context).catch(() => null);
  return desired === null ? null : uncoveredBy(target, desired, others);
}

function report(
  suspension: Omit<Suspension, 'since'>,
  uncovered: readonly string[] | null,
  controlled: boolean,
  flags: OutputFlags,
  context: Context,
): void {
  if (formatOf(flags) === 'json') {
    show(renderJson({ format_version: '1.0', ...suspension, controller: controlled, uncovered: uncovered ?? [] }), context);
  } else {
    show(renderSuspended(suspension, uncovered, controlled, styleOf(flags, context.stdout, context)), context);
  }
}
