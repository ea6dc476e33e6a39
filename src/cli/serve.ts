import { controlSocket } from '../control/protocol.ts';
import { serveControl } from '../control/server.ts';
import { Controller, type ControllerDeps } from '../controller/controller.ts';
import { type Ears, feedback } from '../controller/feedback.ts';
import { fetchEvery } from '../controller/fetching.ts';
import { recordNote } from '../git/notes.ts';
import { hostRoots } from '../host/facts.ts';
import { fileReader } from '../host/files.ts';
import { hookMs, runHook } from '../host/hook.ts';
import { serviceNotifier, watchdogMs } from '../host/notify.ts';
import { watchConnectors } from '../host/watch-connectors.ts';
import { watchFiles } from '../host/watch-files.ts';
import { watchSessions } from '../host/watch-sessions.ts';
import { renderMetrics } from '../metrics/metrics.ts';
import { messageOf } from '../model/message-of.ts';
import { sessionReader } from '../tmux/sessions.ts';
import { renderSummary } from '../views/controller-summary.ts';
import { announce } from './announce.ts';
import { type Context, type ExitStatus, exitStatus } from './context.ts';
import { controlOf } from './control-of.ts';
import { type Delivering, deliverInboxes } from './courier.ts';
import { type Log, logEntry, logTo } from './log.ts';
import { metricsAt } from './metrics.ts';
import { locked, type Refusal } from './refusal.ts';

const sessionsMs = 10_000;
const connectorsMs = 5_000;
/** What the last passes have left behind is given back once there was none for so long. */
const quietMs = 5000;
/** A first pass may start many agents: no time-out ends it while it comes forward. */
const startMs = 120_000;
/** With more of them a pass is worth being fast, rather than small. */
const manyAgents = 300;
const answerMs = 2000;

/** The controller with all that wakes it and all that it tells, until it is told to stop. */
export async function serve(deps: ControllerDeps, context: Context): Promise<ExitStatus> {
  const log = logTo(context);
  const { tell, end: endTelling } = feedback(earsOf(deps, context), deps.binding, deps.facts.host, (what) => log(4, what));
  const told = tellings(deps, log, context);
  const announcing = announce(deps.facts, context, log);
  let delivering: Delivering | null = null;
  const onPass: ControllerDeps['onPass'] = (...given) => {
    told.onPass(...given);
    announcing.look(given[1]);
    delivering?.changed();
  };
  const controller = new Controller({ ...deps, ...told, onPass, tell });
  const signal = context.interruptions(() => controller.wakes.add('signal'));
  // Ended last: by then everything has been told that is to be told.
  const ends: (() => unknown)[] = [() => endTelling(hookMs), announcing.end];
  try {
    // First of all: another controller that runs is met here.
    const { runtimeDir } = hostRoots(deps.facts, context.env);
    const server = await serveControl(controller, controlSocket(runtimeDir)).catch(async (error: unknown) => {
      throw (await runsAlready(deps, context)) ?? error;
    });
    ends.push(() => server.close());
    const render = () => renderMetrics({ version: context.version, status: controller.status(), stats: controller.stats() });
    ends.push(await metricsAt(deps.config.metrics, render, log));
    const deliveries = await deliverInboxes(deps.facts, context, log);
    ends.push(() => deliveries.end());
    delivering = deliveries;
    ends.push(...(await wakingUp(controller, () => deliveries.changed(), deps, log, context)));
    const refused = await controller.run(signal);
    if (refused !== null) throw locked(refused.heldBy);
    return exitStatus.done;
  } finally {
    await serviceNotifier(context.env).stopping('stopping');
    for (const end of ends.reverse()) await end();
  }
}

/** Who answers at the control socket; `null` where that is no controller, or one that does not answer. */
async function runsAlready({ facts }: ControllerDeps, context: Context): Promise<Refusal | null> {
  const other = await controlOf(facts, context)
    .status(answerMs)
    .catch(() => null);
  if (other === null) return null;
  const { pid, binding } = other;
  return locked(
    `the controller (process ${pid}), which follows ${binding?.ref ?? 'nothing'} of ${binding?.repository ?? 'no repository'}`,
  );
}

/** To the journal, and to the service manager. */
function tellings(deps: ControllerDeps, log: Log, context: Context) {
  const notifier = serviceNotifier(context.env);
  const watchdog = (watchdogMs(context.env, context.pid) ?? Number.POSITIVE_INFINITY) / 3;
  const { tidy, hurry } = context.spareMemory();
  let tidying: NodeJS.Timeout | undefined;
  let isReady = false;
  return {
    onEntry: (entry) => logEntry(entry, log),
    onTarget: ({ agents }) => {
      if (agents.size > manyAgents) hurry();
    },
    onPass: ({ error, idle }, status) => {
      if (error !== null) log(3, `a pass failed: ${messageOf(error)}`);
      if (!isReady) void notifier.ready('running');
      isReady = true;
      if (idle) void notifier.status(renderSummary(status));
      clearTimeout(tidying);
      tidying = setTimeout(tidy, quietMs).unref();
    },
    onObstacle: (obstacle) => {
      log(4, `nothing can be done: ${obstacle}`);
      void notifier.status(obstacle);
    },
    onAlive: () => void (isReady ? notifier.alive() : notifier.starting(startMs)),
    tickMs: Math.min(deps.tickMs, watchdog),
  } satisfies Partial<ControllerDeps>;
}

/** A mirror is nobody's to read: notes are written where the operator's own repository is followed. */
function earsOf({ config, binding, facts }: ControllerDeps, { env }: Context): Ears {
  const { notes, hook, remote } = config;
  const place = { repository: binding.repository, host: facts.host, env };
  return {
    note: notes && remote === null && !config.worktree ? (commit, text) => recordNote(place, commit, text) : null,
    hook: hook === null ? null : (given) => runHook(hook, given, env),
  };
}

async function wakingUp(
  controller: Controller,
  onChange: () => void,
  deps: ControllerDeps,
  log: Log,
  { env }: Context,
): Promise<(() => unknown)[]> {
  const { source, config, random, facts } = deps;
  const sessions = sessionReader(env);
  const list = () => sessions.list(controller.socket);
  // Two writers would fetch into one repository.
  const fetch = async (): Promise<void> => (controller.isWriter ? source.fetch() : undefined);
  const changed = (trigger: 'file' | 'session' | 'connector'): void => {
    controller.wakes.add(trigger);
    onChange();
  };
  return [
    await source.watch(() => controller.wakes.add('revision')),
    await watchFiles(hostRoots(facts, env), () => changed('file')),
    watchConnectors(fileReader(hostRoots(facts, env)), connectorsMs, () => changed('connector')),
    watchSessions({ list }, controller.socket, sessionsMs, () => changed('session')),
    ...(config.remote === null ? [] : [fetchEvery(config.remote.intervalMs, { fetch }, random, (why) => log(4, why))]),
  ];
}
