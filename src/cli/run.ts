import { concurrency, probationMs } from '../apply/pace.ts';
import { serveMetrics } from '../control/metrics-server.ts';
import { controlSocket } from '../control/protocol.ts';
import { serveControl } from '../control/server.ts';
import { Controller, type ControllerDeps } from '../controller/controller.ts';
import { type Ears, feedback } from '../controller/feedback.ts';
import { runOnce } from '../controller/once.ts';
import { recordNote } from '../git/notes.ts';
import { connectHost } from '../host/connect.ts';
import { hostRoots } from '../host/facts.ts';
import { runHook } from '../host/hook.ts';
import { serviceNotifier, watchdogMs } from '../host/notify.ts';
import { readShipped } from '../host/shipped.ts';
import { statusFile } from '../host/status-file.ts';
import { controllerStore } from '../host/store.ts';
import { suspensionWriter } from '../host/suspensions.ts';
import { renderMetrics } from '../metrics/metrics.ts';
import type { ControllerConfig, ControllerStatus, HistoryEntry } from '../model/controller.ts';
import { defaultSocket } from '../model/names.ts';
import type { HostFacts } from '../model/observation.ts';
import { sessionReader } from '../tmux/sessions.ts';
import { watchSessions } from '../tmux/watch.ts';
import { journal } from '../views/journal.ts';
import { type Context, type ExitStatus, exitStatus } from './context.ts';
import { type ConfigFlags, configOf } from './controller-config.ts';
import type { HostFlags, OutputFlags } from './flags.ts';
import { type Followed, follow } from './follow.ts';
import { factsOf } from './host.ts';
import { tell } from './output.ts';
import { refuse } from './refusal.ts';
import { servedKinds } from './source.ts';

export interface RunFlags extends ConfigFlags, HostFlags, OutputFlags {
  readonly once?: boolean;
}

const patienceMs = 2000;
const tickMs = 30_000;
const coalesceMs = 10;
const sessionsMs = 10_000;

/** The controller: follows a branch, and keeps the host as it says, until it is told to stop. */
export async function run(dir: string | undefined, flags: RunFlags, context: Context): Promise<ExitStatus> {
  const facts = factsOf(flags, context);
  const config = await configOf(flags, facts, context);
  const store = controllerStore(facts.stateDir);
  const before = await store.load().catch(() => null);
  const followed = await follow(dir ?? config.repository ?? context.cwd, config, before?.binding ?? null, facts, context);
  const deps = depsOf(followed, config, store, facts, context);
  if (config.remote !== null) await followed.source.fetch().catch((error: unknown) => deps.onObstacle(messageOf(error)));
  return flags.once === true ? once(deps, context) : stay(deps, followed, config, context);
}

async function stay(
  deps: ControllerDeps,
  { source, binding }: Followed,
  config: ControllerConfig,
  context: Context,
): Promise<ExitStatus> {
  const notifier = serviceNotifier(context.env);
  const log = logger(context);
  const told = feedback(earsOf(config, binding.repository, deps.facts.host, context), binding, deps.facts.host, (what) =>
    log(4, what),
  );
  const ready = onFirst(() => void notifier.ready('running'));
  const controller = new Controller({
    ...deps,
    onEntry: (entry) => {
      for (const { priority, text } of journal(entry)) log(priority, text);
      told(entry);
    },
    onPass: (report, status) => {
      if (report.error !== null) log(3, `a pass failed: ${messageOf(report.error)}`);
      ready();
      if (report.idle) void notifier.status(summary(status));
    },
    onObstacle: (obstacle) => {
      log(4, `nothing can be done: ${obstacle}`);
      void notifier.status(obstacle);
    },
    onAlive: () => void notifier.alive(),
    tickMs: Math.min(tickMs, (watchdogMs(context.env, context.pid) ?? Number.POSITIVE_INFINITY) / 3),
  });
  const signal = context.interruptions(() => controller.wakes.add('signal'));
  const roots = hostRoots(deps.facts, context.env);
  const ends: (() => unknown)[] = [];
  try {
    const server = await serveControl(controller, controlSocket(roots.runtimeDir));
    ends.push(() => server.close());
    if (config.metrics !== null) {
      const metrics = await serveMetrics(
        () => renderMetrics({ version: context.version, status: controller.status(), stats: controller.stats() }),
        config.metrics,
      );
      ends.push(() => metrics.close());
      log(6, `metrics at ${metrics.at}`);
    }
    ends.push(await source.watch(() => controller.wakes.add('revision')));
    ends.push(watchSessions(sessionReader(context.env), defaultSocket, sessionsMs, () => controller.wakes.add('session')));
    if (config.remote !== null) ends.push(fetchEvery(config.remote.intervalMs, deps, (why) => log(4, why)));
    const refused = await controller.run(signal);
    if (refused !== null) {
      throw refuse({
        code: 'apply/locked',
        summary: `somebody else is changing this host: ${refused.heldBy}`,
        detail: 'One writer at a time; nothing was done.',
        hint: 'Wait for it to end, then try again.',
      });
    }
    return exitStatus.done;
  } finally {
    await notifier.stopping('stopping');
    for (const end of ends.reverse()) await end();
  }
}

/** A mirror is nobody's to read: notes are written where the operator's own repository is followed. */
function earsOf({ notes, hook, remote }: ControllerConfig, repository: string, host: string, { env }: Context): Ears {
  return {
    note: notes && remote === null ? (commit, text) => recordNote({ repository, host, env }, commit, text) : null,
    hook: hook === null ? null : (facts) => runHook(hook, facts, env),
  };
}

/** Fetches again and again; each time at another moment, so that a thousand hosts do not ask at once. Gives the function that ends it. */
function fetchEvery(intervalMs: number, { source, random }: ControllerDeps, onFailure: (why: string) => void): () => void {
  let timer: NodeJS.Timeout;
  let failing = '';
  const next = (): void => {
    timer = setTimeout(
      async () => {
        const why = await source.fetch().then(() => '', messageOf);
        if (why !== failing && why !== '') onFailure(why);
        failing = why;
        next();
      },
      intervalMs * (0.9 + 0.2 * random()),
    );
  };
  next();
  return () => clearTimeout(timer);
}

/** Until nothing is left to be done, or cannot be done now. */
async function once(deps: ControllerDeps, context: Context): Promise<ExitStatus> {
  const log = logger(context);
  const signal = context.interruptions();
  const entries = (entry: HistoryEntry): void => {
    for (const { priority, text } of journal(entry)) log(priority, text);
  };
  const status = await runOnce({ ...deps, onEntry: entries }, signal);
  if ('heldBy' in status)
    throw refuse({
      code: 'apply/locked',
      summary: `somebody else is changing this host: ${status.heldBy}`,
      hint: 'Wait for it to end, then try again.',
    });
  for (const line of open(status)) tell(`${line}\n`, context);
  return open(status).length === 0 ? exitStatus.done : exitStatus.failed;
}

/** What stands between this host and what the branch says. */
function open({ obstacle, fleets, left }: ControllerStatus): readonly string[] {
  const conditions = fleets.flatMap(({ name, conditions: told }) =>
    told
      .filter(({ type, status }) => (type === 'Admitted' || type === 'Reconciled') && status !== 'True')
      .map(({ type, reason, message }) => `fleet ${name}: ${type} is not true, ${reason}: ${message}`),
  );
  return [...(obstacle === null ? [] : [obstacle]), ...conditions, ...left.map((id) => `left: ${id}`)];
}

function depsOf(
  { source, binding }: Followed,
  config: ControllerConfig,
  store: ControllerDeps['store'],
  facts: HostFacts,
  context: Context,
): ControllerDeps {
  const { write } = statusFile(facts.stateDir);
  return {
    connect: () => connectHost(facts, context.env, { remember: true }),
    source,
    binding,
    store,
    suspensions: suspensionWriter(facts.stateDir, context.date),
    saveStatus: write,
    config,
    facts,
    shipped: readShipped(context.packageRoot),
    servedKinds,
    pid: context.pid,
    now: context.now,
    date: context.date,
    random: Math.random,
    pace: { concurrency, probationMs, patienceMs },
    tickMs,
    coalesceMs,
    onEntry: () => {},
    onPass: () => {},
    onObstacle: (obstacle) => tell(`${obstacle}\n`, context),
    onAlive: () => {},
  };
}

/** One line of `systemctl status`. */
function summary({ applied, fleets, obstacle, left }: ControllerStatus): string {
  const wrong = fleets.filter(({ conditions }) =>
    conditions.some(({ type, status }) => type !== 'Suspended' && status === 'False'),
  );
  const fine = fleets.length === 1 ? 'its fleet is as it should be' : `its ${fleets.length} fleets are as they should be`;
  const state = obstacle ?? (wrong.length > 0 ? `not as it should be: ${wrong.map(({ name }) => name).join(', ')}` : fine);
  return `${state}; revision ${applied?.slice(0, 12) ?? 'none'}${left.length > 0 ? `; ${left.length} actions to go` : ''}`;
}

/** For the journal each line begins with its priority (sd-daemon(3)); for people with the time. */
function logger(context: Context): (priority: number, text: string) => void {
  const isJournal = (context.env.JOURNAL_STREAM ?? '') !== '';
  return (priority, text) =>
    tell(isJournal ? `<${priority}>${text}\n` : `${context.date().toISOString().slice(11, 23)} ${text}\n`, context);
}

function onFirst(work: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) work();
    isDone = true;
  };
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
