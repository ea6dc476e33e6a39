import { setTimeout } from 'node:timers/promises';
import type { Desired } from '../model/desired.ts';
import { parseUnit } from '../model/names.ts';
import type { HostFacts, Observation, ObservedUnit, UnitDetail } from '../model/observation.ts';
import type { HostReaders } from '../model/ports.ts';
import type { StatusReport } from '../model/report.ts';
import { observe } from '../observed/observe.ts';
import { scopeOf } from '../observed/scope.ts';
import { reportOf } from '../plan/report.ts';
import { statusOf } from '../plan/status.ts';
import { statusUnread } from '../plan/status-unread.ts';
import { renderJson, renderJsonLine } from '../views/json.ts';
import { liveHint, renderStatus } from '../views/ps.ts';
import { scrolled, viewport } from '../views/viewport.ts';
import { type Context, type ExitStatus, exitStatus } from './context.ts';
import { controllerNow } from './controller.ts';
import { formatOf, type HostFlags, type OutputFlags } from './flags.ts';
import { factsOf, withHost } from './host.ts';
import { desiredInForce, findingsOf, type InForceFlags, type Unread } from './in-force.ts';
import { onLiveScreen } from './live.ts';
import { columnsOf, show, showFindings, styleOf } from './output.ts';
import { type Runtimes, signReader } from './signs.ts';
import { writeOutput } from './written.ts';

export interface PsFlags extends InForceFlags, HostFlags, OutputFlags {
  readonly watch?: boolean;
  readonly snapshot?: string;
}

/** Desired beside systemd and tmux. Without a directory or revision it shows what was last carried out on this host. */
export async function ps(dir: string | undefined, flags: PsFlags, context: Context): Promise<ExitStatus> {
  const facts = factsOf(flags, context);
  return withHost(facts, context, async ({ readers }) => {
    const look = looker(dir, flags, facts, readers, context);
    const isLive = context.stdout.isTTY === true && formatOf(flags) !== 'json';
    if (flags.watch === true) return isLive ? live(look, flags, context) : stream(look, flags, context);
    const { observation, report, unread } = await look();
    showFindings(findingsOf(observation, unread), new Map(), flags, context);
    if (flags.snapshot !== undefined) await writeOutput(flags.snapshot, renderJson(observation), context);
    show(formatOf(flags) === 'json' ? renderJson(report) : render(report, flags, context), context);
    const isKnown = unread === null && observation.units.known && observation.tmux.known;
    return isKnown ? exitStatus.done : exitStatus.failed;
  });
}

const render = (report: StatusReport, flags: OutputFlags, context: Context): string =>
  renderStatus(report, context.date().getTime(), columnsOf(context), styleOf(flags, context.stdout, context));

interface Look {
  readonly observation: Observation;
  readonly report: StatusReport;
  readonly unread: Unread | null;
}

/** Rosters, controller and host are read side by side; then, side by side, what only the host can name: details of units, screens. */
function looker(
  dir: string | undefined,
  flags: PsFlags,
  facts: HostFacts,
  readers: HostReaders,
  context: Context,
): () => Promise<Look> {
  const readSigns = signReader(facts, context);
  return async () => {
    const inForce = desiredInForce(dir, flags, facts, readers.state, context);
    inForce.catch(() => 'met again below');
    const [observation, controller] = await Promise.all([
      observe(
        readers,
        facts,
        inForce.then(({ desired }) => scopeOf(desired)),
      ),
      controllerNow(facts, readers, context),
    ]);
    const { desired, unread } = await inForce;
    const units = observation.units.known ? observation.units.value : {};
    const [details, { signs, unknown }] = await Promise.all([
      readers.units.details(Object.keys(units), units).catch((): Record<string, UnitDetail> => ({})),
      readSigns(observation, runtimesOf(desired, units)),
    ]);
    const status =
      unread === null
        ? statusOf(desired, observation, details, controller)
        : statusUnread({ nothing: desired, why: unread.why }, observation, details, controller);
    return { observation, report: reportOf(status, signs, unknown), unread };
  };
}

/** Of who is rostered, and of who has a unit: what is in the rosters may not be readable now. */
function runtimesOf({ agents }: Desired, units: Readonly<Record<string, ObservedUnit>>): Runtimes {
  const present = Object.keys(units).flatMap((unit) => {
    const parsed = parseUnit(unit);
    return parsed?.kind === 'agent' ? [[parsed.name, 'unknown'] as const] : [];
  });
  return new Map([...present, ...[...agents.values()].map(({ name, runtime }) => [name, runtime] as const)]);
}

const refreshMs = 1000;

/** One status after another, once a second. */
async function stream(look: () => Promise<Look>, flags: PsFlags, context: Context): Promise<ExitStatus> {
  const signal = context.interruptions();
  while (!signal.aborted) {
    const { report } = await look();
    show(formatOf(flags) === 'json' ? renderJsonLine(report) : render(report, flags, context), context);
    await setTimeout(refreshMs, undefined, { signal }).catch(() => 'interrupted');
  }
  return exitStatus.done;
}

/** In place, once a second; what does not fit is scrolled to. */
async function live(look: () => Promise<Look>, flags: PsFlags, context: Context): Promise<ExitStatus> {
  await onLiveScreen(context, async (screen) => {
    let from = 0;
    let due = 0;
    let report: StatusReport | null = null;
    const style = styleOf(flags, context.stdout, context);
    while (!screen.over.aborted) {
      if (report === null || context.now() >= due) {
        report = (await look()).report;
        due = context.now() + refreshMs;
      }
      const { columns, rows } = screen.size();
      const text = renderStatus(report, context.date().getTime(), columns, style).trimEnd().split('\n');
      const room = Math.max(1, rows - 1);
      const seen = viewport(
        text,
        screen.keys().reduce((at, key) => scrolled(viewport(text, at, room).from, key, room), from),
        room,
      );
      from = seen.from;
      screen.draw([...seen.lines, ...blank(room - seen.lines.length), style.dim(liveHint(seen, text.length, columns))]);
      await screen.pause(Math.max(0, due - context.now()));
    }
  });
  return exitStatus.done;
}

const blank = (count: number): string[] => Array.from({ length: Math.max(0, count) }, () => '');
