import { rm } from 'node:fs/promises';
import path from 'node:path';
import { type Convergence, converge } from '../apply/converge.ts';
import { concurrency, probationMs, settleMs } from '../apply/pace.ts';
import { violationsOf } from '../apply/safety.ts';
import { composeDesired } from '../desired/compose.ts';
import { connectHost, type HostConnection } from '../host/connect.ts';
import { type InstallStep, uninstallController } from '../host/install.ts';
import { readShipped } from '../host/shipped.ts';
import type { Desired } from '../model/desired.ts';
import { agentTemplate, type FileKey, holderUnit, launcherFile, supervisorFile, unitFile } from '../model/names.ts';
import type { HostFacts, Observation } from '../model/observation.ts';
import type { Plan } from '../model/plan.ts';
import { observe } from '../observed/observe.ts';
import { scopeOf } from '../observed/scope.ts';
import { makePlan } from '../plan/plan.ts';
import { renderEvent, renderOutcome } from '../views/apply.ts';
import { renderStep } from '../views/install.ts';
import { renderJson } from '../views/json.ts';
import { renderPlan } from '../views/plan-text.ts';
import { agree } from './agree.ts';
import { type Context, type ExitStatus, exitStatus } from './context.ts';
import { configFile } from './controller-config.ts';
import { formatOf, type OutputFlags } from './flags.ts';
import { factsOf, withHost } from './host.ts';
import { show, styleOf, tell } from './output.ts';
import { locked, Refusal, refuse } from './refusal.ts';

export interface UninstallFlags extends OutputFlags {
  readonly yes?: boolean;
  readonly keepAgents?: boolean;
  readonly purge?: boolean;
}

type Step = Pick<InstallStep, 'what' | 'outcome' | 'target'>;

/** Takes everything back: the controller, and unless they are kept the agents, with all files that Muster wrote. Lingering stays. */
export async function uninstall(flags: UninstallFlags, context: Context): Promise<ExitStatus> {
  const facts = factsOf({}, context);
  return withHost(facts, context, async (host) => {
    const leaving = flags.keepAgents === true ? null : await planLeaving(host, facts, context);
    if (flags.yes !== true) {
      if (leaving !== null) show(renderPlan(leaving.plan, styleOf(flags, context.stdout, context)), context);
      const question =
        leaving === null
          ? 'Take the controller away? Agents go on, and nobody heals them.'
          : 'Take the controller away, and all of these?';
      if (!(await agree(question, 'muster uninstall --yes', flags, context)))
        throw refuse({ code: 'apply/failed', summary: 'nothing was done: you did not agree' });
    }
    const steps: Step[] = [];
    const said = (step: Step): void => {
      steps.push(step);
      if (flags.quiet !== true && formatOf(flags) === 'text')
        tell(renderStep(step, styleOf(flags, context.stderr, context)), context);
    };
    const gone = await uninstallController({ facts, env: context.env, host, onStep: said });
    if (gone.refused !== null) throw new Refusal([gone.refused]);
    const result = leaving === null ? null : await endAgents(facts, flags, context);
    const isClean = result === null || (result.left.length === 0 && result.held.length === 0);
    if (result !== null && isClean) await removeShared(facts, flags, context, said);
    return report(result, isClean, steps, facts, flags, context);
  });
}

interface Leaving {
  readonly desired: Desired;
  readonly observation: Observation;
  readonly plan: Plan;
}

/** A host on which nothing is to run. What nobody has adopted is left alone here, as by every plan. */
async function planLeaving(host: HostConnection, facts: HostFacts, context: Context): Promise<Leaving> {
  const desired = composeDesired({ rosters: [], roles: {}, facts, templates: readShipped(context.packageRoot).templates });
  const observation = await observe(host.readers, facts, scopeOf(desired));
  const input = {
    desired,
    observation,
    revision: null,
    dirty: false,
    against: 'host',
    adopt: false,
    rosterless: false,
    diagnostics: [],
  };
  return { desired, observation, plan: makePlan(input).plan };
}

/** On a connection of its own: the controller has just given the lock back. */
async function endAgents(facts: HostFacts, flags: OutputFlags, context: Context): Promise<Convergence> {
  const host = connectHost(facts, context.env);
  try {
    const writers = host.writers();
    const lock = await writers.lock.acquire('muster uninstall');
    if ('heldBy' in lock) throw locked(lock.heldBy);
    const { desired, observation, plan } = await planLeaving(host, facts, context);
    const violations = violationsOf(plan, desired, observation);
    if (violations.length > 0)
      throw refuse({
        code: 'apply/unsafe-plan',
        summary: 'agents were left as they are: ending them would break the rules',
        detail: violations.join('; '),
      });
    const style = styleOf(flags, context.stderr, context);
    return await converge(
      plan,
      { desired, observation, readers: host.readers, writers },
      () => observe(host.readers, facts, scopeOf(desired)),
      {
        concurrency,
        probationMs,
        settleMs,
        hold: { adopt: false, rosterless: false },
        now: context.now,
        signal: context.interruptions(),
        onEvent: (event) => {
          if (flags.quiet !== true && formatOf(flags) === 'text') tell(renderEvent(event, style), context);
        },
      },
    );
  } finally {
    await host.close();
  }
}

const shared: readonly FileKey[] = [unitFile(agentTemplate), unitFile(holderUnit), supervisorFile, launcherFile];
const records = ['admitted.json', 'controller.json', 'status.json'] as const;

/** What no agent needs any more. A repository's own role documents are ours by their place. */
async function removeShared(
  facts: HostFacts,
  { purge }: UninstallFlags,
  context: Context,
  said: (step: Step) => void,
): Promise<void> {
  await withHost(facts, context, async (host) => {
    const writers = host.writers();
    const admitted = await host.readers.state.admitted().catch(() => null);
    const roles = Object.keys(admitted?.state.files ?? {}).filter((key) => key.startsWith('roles/'));
    const found = await host.readers.files.list([...shared, ...roles]);
    for (const key of [...shared, ...roles]) {
      if (found[key] === undefined || !(found[key].ours || key.startsWith('roles/'))) continue;
      await writers.files.remove(key);
      said({ what: 'remove', outcome: 'done', target: key });
    }
    await writers.units.reload();
    for (const file of records) await rm(path.join(facts.stateDir, file), { force: true });
    if (purge !== true) return;
    await rm(facts.stateDir, { recursive: true, force: true });
    await rm(configFile(facts), { force: true });
    for (const target of [facts.stateDir, configFile(facts)]) said({ what: 'remove', outcome: 'done', target });
  });
}

function report(
  result: Convergence | null,
  isClean: boolean,
  steps: readonly Step[],
  facts: HostFacts,
  flags: UninstallFlags,
  context: Context,
): ExitStatus {
  if (formatOf(flags) === 'json')
    show(renderJson({ format_version: '1.0', steps, left: result?.left ?? [], held: result?.held ?? [] }), context);
  else if (result !== null && !isClean) show(renderOutcome(result, styleOf(flags, context.stdout, context)), context);
  else if (flags.quiet !== true) {
    const kept = flags.purge === true ? [] : [configFile(facts), `${facts.stateDir} (the history)`];
    const words = result === null ? 'The controller is gone; its agents go on.' : 'Everything is gone.';
    show(`${words} Kept: ${[...kept, 'lingering (loginctl disable-linger ends it)'].join(', ')}.\n`, context);
  }
  return isClean ? exitStatus.done : exitStatus.failed;
}
