import { setTimeout } from 'node:timers/promises';
import type { HostFacts } from '../model/observation.ts';
import type { StatusReport } from '../model/report.ts';
import { renderJson, renderJsonLine } from '../views/json.ts';
import { liveHint, renderStatus } from '../views/ps.ts';
import { scrolled, viewport } from '../views/viewport.ts';
import { reportAsker } from './ask-report.ts';
import { type Context, type ExitStatus, exitStatus } from './context.ts';
import { formatOf, type HostFlags, type OutputFlags } from './flags.ts';
import { factsOf } from './host.ts';
import type { InForceFlags } from './in-force.ts';
import type { Look } from './look.ts';
import type { Looking } from './look-here.ts';
import { columnsOf, show, showFindings, styleOf } from './output.ts';

export interface PsFlags extends InForceFlags, HostFlags, OutputFlags {
  readonly watch?: boolean;
  readonly snapshot?: string;
}

type Glance = Pick<Look, 'report' | 'findings' | 'whole'>;

/**
 * Desired beside systemd and tmux. Without a directory or revision it shows what was last carried out on this host: then the
 * controller is asked, which has most of it at hand and looks anew at the rest; where none answers, this process looks itself.
 */
export async function ps(dir: string | undefined, flags: PsFlags, context: Context): Promise<ExitStatus> {
  const facts = factsOf(flags, context);
  return withLooks(dir, flags, facts, context, async (look) => {
    const { snapshot } = flags;
    const isInForce = dir === undefined && flags.explicit !== true && snapshot === undefined;
    const ask = isInForce ? reportAsker(facts, context) : async () => null;
    const glance = async (): Promise<Glance> => (await ask()) ?? (await look());
    if (flags.watch === true) {
      const isLive = context.stdout.isTTY === true && formatOf(flags) !== 'json';
      return isLive ? live(glance, flags, context) : stream(glance, flags, context);
    }
    if (snapshot === undefined) return shown(await glance(), flags, context);
    const looked = await look();
    const { writeOutput } = await import('./written.ts');
    await writeOutput(snapshot, renderJson(looked.observation), context);
    return shown(looked, flags, context);
  });
}

function shown({ report, findings, whole }: Glance, flags: PsFlags, context: Context): ExitStatus {
  showFindings(findings, { sources: new Map() }, flags, context);
  show(formatOf(flags) === 'json' ? renderJson(report) : render(report, flags, context), context);
  return whole ? exitStatus.done : exitStatus.failed;
}

const render = (report: StatusReport, flags: OutputFlags, context: Context): string =>
  renderStatus(report, context.date().getTime(), columnsOf(context), styleOf(flags, context.stdout, context));

/** Looks by this process, over one connection to the host that is opened with the first of them. */
async function withLooks<T>(
  dir: string | undefined,
  flags: PsFlags,
  facts: HostFacts,
  context: Context,
  work: (look: () => Promise<Look>) => Promise<T>,
): Promise<T> {
  const own: { opened?: Promise<Looking> } = {};
  try {
    return await work(async () => {
      own.opened ??= import('./look-here.ts').then(({ lookHere }) => lookHere(dir, flags, facts, context));
      return (await own.opened).look();
    });
  } finally {
    const opened = await own.opened?.catch(() => undefined);
    await opened?.close();
  }
}

const refreshMs = 1000;

/** One status after another, once a second. */
async function stream(look: () => Promise<Glance>, flags: PsFlags, context: Context): Promise<ExitStatus> {
  const signal = context.interruptions();
  while (!signal.aborted) {
    const { report } = await look();
    show(formatOf(flags) === 'json' ? renderJsonLine(report) : render(report, flags, context), context);
    await setTimeout(refreshMs, undefined, { signal }).catch(() => 'interrupted');
  }
  return exitStatus.done;
}

/** In place, once a second; what does not fit is scrolled to. */
async function live(look: () => Promise<Glance>, flags: PsFlags, context: Context): Promise<ExitStatus> {
  const { onLiveScreen } = await import('./live.ts');
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
