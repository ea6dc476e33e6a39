import { setTimeout } from 'node:timers/promises';
import type { HostFacts, Observation, UnitDetail } from '../model/observation.ts';
import type { HostReaders } from '../model/ports.ts';
import type { Status } from '../model/status.ts';
import { observe } from '../observed/observe.ts';
import { scopeOf } from '../observed/scope.ts';
import { statusOf } from '../plan/status.ts';
import { statusUnread } from '../plan/status-unread.ts';
import { renderJson, renderJsonLine } from '../views/json.ts';
import { renderStatus } from '../views/ps.ts';
import { type Context, type ExitStatus, exitStatus } from './context.ts';
import { controllerNow } from './controller.ts';
import { formatOf, type HostFlags, type OutputFlags } from './flags.ts';
import { factsOf, withHost } from './host.ts';
import { desiredInForce, findingsOf, type InForceFlags, type Unread } from './in-force.ts';
import { columnsOf, show, showFindings, styleOf } from './output.ts';
import { writeOutput } from './written.ts';

export interface PsFlags extends InForceFlags, HostFlags, OutputFlags {
  readonly watch?: boolean;
  readonly snapshot?: string;
}

/** Desired beside systemd and tmux. Without a directory or revision it shows what was last carried out on this host. */
export async function ps(dir: string | undefined, flags: PsFlags, context: Context): Promise<ExitStatus> {
  const facts = factsOf(flags, context);
  return withHost(facts, context, async ({ readers }) => {
    if (flags.watch === true) return watch(dir, flags, facts, readers, context);
    const { observation, status, unread } = await look(dir, flags, facts, readers, context);
    showFindings(findingsOf(observation, unread), new Map(), flags, context);
    if (flags.snapshot !== undefined) await writeOutput(flags.snapshot, renderJson(observation), context);
    show(formatOf(flags) === 'json' ? renderJson(status) : render(status, flags, context), context);
    const isKnown = unread === null && observation.units.known && observation.tmux.known;
    return isKnown ? exitStatus.done : exitStatus.failed;
  });
}

const render = (status: Status, flags: OutputFlags, context: Context): string =>
  renderStatus(status, context.date().getTime(), columnsOf(context), styleOf(flags, context.stdout, context));

async function look(
  dir: string | undefined,
  flags: PsFlags,
  facts: HostFacts,
  readers: HostReaders,
  context: Context,
): Promise<{ observation: Observation; status: Status; unread: Unread | null }> {
  const [{ desired, unread }, controller] = await Promise.all([
    desiredInForce(dir, flags, facts, readers.state, context),
    controllerNow(facts, readers, context),
  ]);
  const observation = await observe(readers, facts, scopeOf(desired));
  const units = observation.units.known ? Object.keys(observation.units.value) : [];
  const details = await readers.units.details(units).catch((): Record<string, UnitDetail> => ({}));
  const status =
    unread === null
      ? statusOf(desired, observation, details, controller)
      : statusUnread({ nothing: desired, why: unread.why }, observation, details, controller);
  return { observation, status, unread };
}

const refreshMs = 1000;

/** Draws over itself once a second on a terminal; prints one status after another elsewhere. */
async function watch(
  dir: string | undefined,
  flags: PsFlags,
  facts: HostFacts,
  readers: HostReaders,
  context: Context,
): Promise<ExitStatus> {
  const { stdout } = context;
  const signal = context.interruptions();
  const clear = stdout.isTTY === true && formatOf(flags) !== 'json' ? '\x1b[H\x1b[2J' : '';
  while (!signal.aborted) {
    const { status } = await look(dir, flags, facts, readers, context);
    const json = formatOf(flags) === 'json';
    show(json ? renderJsonLine(status) : `${clear}${render(status, flags, context)}`, context);
    await setTimeout(refreshMs, undefined, { signal }).catch(() => 'interrupted');
  }
  return exitStatus.done;
}
