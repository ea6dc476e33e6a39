import { setTimeout } from 'node:timers/promises';
import { admit } from '../admission/admit.ts';
import { composeDesired } from '../desired/compose.ts';
import { readShipped, type ShippedFiles } from '../host/shipped.ts';
import type { Desired } from '../model/desired.ts';
import type { AdmittedRecord, HostFacts, Observation, UnitDetail } from '../model/observation.ts';
import type { HostReaders } from '../model/ports.ts';
import type { Status } from '../model/status.ts';
import { observe } from '../observed/observe.ts';
import { scopeOf } from '../observed/scope.ts';
import { statusOf } from '../plan/status.ts';
import { unreadableFindings } from '../plan/unreadable.ts';
import { renderJson, renderJsonLine } from '../views/json.ts';
import { renderStatus } from '../views/ps.ts';
import { type Context, type ExitStatus, exitStatus } from './context.ts';
import { formatOf, type HostFlags, type OutputFlags, type SourceFlags } from './flags.ts';
import { desiredOf, factsOf, withHost } from './host.ts';
import { show, showFindings, styleOf, tell } from './output.ts';
import { Refusal } from './refusal.ts';
import { readSource, type Source } from './source.ts';
import { writeOutput } from './written.ts';

export interface PsFlags extends SourceFlags, HostFlags, OutputFlags {
  readonly watch?: boolean;
  readonly snapshot?: string;
  /** Whether the user named a revision or a directory. */
  readonly explicit?: boolean;
}

/** Desired beside systemd and tmux. Without a directory or revision it shows what was last carried out on this host. */
export async function ps(dir: string | undefined, flags: PsFlags, context: Context): Promise<ExitStatus> {
  const facts = factsOf(flags, context);
  return withHost(facts, context, async ({ readers }) => {
    if (flags.watch === true) return watch(dir, flags, facts, readers, context);
    const { observation, status } = await look(dir, flags, facts, readers, context);
    showFindings(unreadableFindings(observation), new Map(), flags, context);
    if (flags.snapshot !== undefined) await writeOutput(flags.snapshot, renderJson(observation), context);
    show(formatOf(flags) === 'json' ? renderJson(status) : render(status, flags, context), context);
    return observation.units.known && observation.tmux.known ? exitStatus.done : exitStatus.failed;
  });
}

const render = (status: Status, flags: OutputFlags, context: Context): string =>
  renderStatus(
    status,
    context.date().getTime(),
    context.stdout.isTTY === true ? (context.stdout.columns ?? 80) : 0,
    styleOf(flags, context.stdout, context),
  );

async function look(
  dir: string | undefined,
  flags: PsFlags,
  facts: HostFacts,
  readers: HostReaders,
  context: Context,
): Promise<{ observation: Observation; status: Status }> {
  const desired = await desiredState(dir, flags, facts, readers, context);
  const observation = await observe(readers, facts, scopeOf(desired));
  const units = observation.units.known ? Object.keys(observation.units.value) : [];
  const details = await readers.units.details(units).catch((): Record<string, UnitDetail> => ({}));
  return { observation, status: statusOf(desired, observation, details) };
}

async function desiredState(
  dir: string | undefined,
  flags: PsFlags,
  facts: HostFacts,
  readers: HostReaders,
  context: Context,
): Promise<Desired> {
  const shipped = readShipped(context.packageRoot);
  const source = await sourceOf(dir, flags, readers, shipped, context);
  if (source === null) return composeDesired({ rosters: [], roles: {}, facts, templates: shipped.templates });
  const admission = admit({ set: source.set, scope: facts, servedKinds: ['tmux'], previous: null, consents: [] });
  if (!admission.admitted) throw new Refusal(admission.diagnostics, exitStatus.denied, source.set.sources);
  return desiredOf(admission, source.set, facts, shipped);
}

/** What was last carried out, from where it came; else what is here; `null` where neither can be read. */
async function sourceOf(
  dir: string | undefined,
  flags: PsFlags,
  readers: HostReaders,
  shipped: ShippedFiles,
  context: Context,
): Promise<Source | null> {
  if (dir !== undefined || flags.explicit === true) return readSource(dir, flags, shipped, context);
  const admitted = await readers.state.admitted().catch(() => null);
  const recorded = await recordedSource(admitted, shipped, context);
  if (recorded !== null) return recorded;
  return readSource('.', flags, shipped, context).catch((error: unknown) => {
    if (!(error instanceof Refusal)) throw error;
    tell(`no rosters here, and none recorded on this host: showing only what runs\n\n`, context);
    return null;
  });
}

async function recordedSource(admitted: AdmittedRecord | null, shipped: ShippedFiles, context: Context): Promise<Source | null> {
  if (admitted?.source == null) return null;
  const { root, rosters } = admitted.source;
  const read = admitted.revision === null ? { rosters, ref: 'HEAD', worktree: true } : { rosters, ref: admitted.revision };
  return readSource(root, read, shipped, context).catch(() => null);
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
