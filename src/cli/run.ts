import { concurrency, probationMs } from '../apply/pace.ts';
import { factories } from '../connectors/registry.ts';
import type { ControllerDeps } from '../controller/controller.ts';
import { runOnce } from '../controller/once.ts';
import { connectHost } from '../host/connect.ts';
import { historyReader } from '../host/history.ts';
import { readShipped } from '../host/shipped.ts';
import { stateReader } from '../host/state.ts';
import { statusFile } from '../host/status-file.ts';
import { controllerStore } from '../host/store.ts';
import { suspensionWriter } from '../host/suspensions.ts';
import type { ControllerConfig, ControllerStatus } from '../model/controller.ts';
import type { HostFacts } from '../model/observation.ts';
import { boundBefore } from './bound-before.ts';
import { type Context, type ExitStatus, exitStatus } from './context.ts';
import { type ConfigFlags, configOf } from './controller-config.ts';
import type { HostFlags, OutputFlags } from './flags.ts';
import { type Followed, follow } from './follow.ts';
import { factsOf } from './host.ts';
import { logEntry, logTo } from './log.ts';
import { tell } from './output.ts';
import { locked } from './refusal.ts';
import { reporter } from './report.ts';
import { serve } from './serve.ts';

export interface RunFlags extends ConfigFlags, HostFlags, OutputFlags {
  readonly once?: boolean;
}

const patienceMs = 2000;
const tickMs = 30_000;
const coalesceMs = 10;

/** The controller: follows a branch, and keeps the host as it says. */
export async function run(dir: string | undefined, flags: RunFlags, context: Context): Promise<ExitStatus> {
  const facts = factsOf(flags, context);
  const config = await configOf(flags, facts, context);
  const store = controllerStore(facts.stateDir);
  const before = await boundBefore(config, store, statusFile(facts.stateDir).read);
  const followed = await follow({ dir: dir ?? config.repository ?? context.cwd, config, before, facts, context });
  const deps = depsOf(followed, config, store, facts, context);
  return flags.once === true ? once(deps, context) : serve(deps, context);
}

/** Until nothing is left to be done, or cannot be done now. */
async function once(deps: ControllerDeps, context: Context): Promise<ExitStatus> {
  const log = logTo(context);
  const status = await runOnce({ ...deps, onEntry: (entry) => logEntry(entry, log) }, context.interruptions());
  if ('heldBy' in status) throw locked(status.heldBy);
  const open = openOf(status);
  for (const line of open) tell(`${line}\n`, context);
  return open.length === 0 ? exitStatus.done : exitStatus.failed;
}

/** What stands between this host and what the branch says. */
function openOf({ obstacle, fleets, left }: ControllerStatus): readonly string[] {
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
  const status = statusFile(facts.stateDir);
  return {
    connect: (onQueued) => connectHost(facts, context.env, { remember: true, onQueued }),
    source,
    binding,
    store,
    history: historyReader(facts.stateDir),
    suspensions: suspensionWriter(facts.stateDir, context.date),
    state: stateReader(facts.stateDir),
    lastStatus: status.read,
    saveStatus: status.write,
    config,
    facts,
    shipped: readShipped(context.packageRoot),
    connectors: factories,
    pid: context.pid,
    now: context.now,
    date: context.date,
    random: Math.random,
    pace: { concurrency, probationMs, patienceMs },
    tickMs,
    coalesceMs,
    onEntry: () => {},
    tell: () => {},
    onTarget: () => {},
    onPass: () => {},
    onObstacle: (obstacle) => tell(`${obstacle}\n`, context),
    onAlive: () => {},
    report: reporter(facts, context),
  };
}
