import { existsSync } from 'node:fs';
import path from 'node:path';
import { type Convergence, converge } from '../apply/converge.ts';
import { concurrency, probationMs, settleMs } from '../apply/pace.ts';
import { violationsOf } from '../apply/safety.ts';
import { composeDesired } from '../desired/compose.ts';
import { keptRefs } from '../git/kept-refs.ts';
import type { HostConnection } from '../host/connect.ts';
import { hostRoots } from '../host/facts.ts';
import { uninstallController } from '../host/install.ts';
import { secretsDir } from '../host/roots.ts';
import { readShipped } from '../host/shipped.ts';
import { controllerStore } from '../host/store.ts';
import type { Desired } from '../model/desired.ts';
import { controllerUnit } from '../model/names.ts';
import type { HostFacts, Observation } from '../model/observation.ts';
import type { Plan, UnknownPlace } from '../model/plan.ts';
import type { HostWriters } from '../model/ports.ts';
import { observe } from '../observed/observe.ts';
import { scopeOf } from '../observed/scope.ts';
import { makePlan } from '../plan/plan.ts';
import { renderEvent } from '../views/apply.ts';
import { renderStep } from '../views/install.ts';
import { renderJson } from '../views/json.ts';
import { renderPlan } from '../views/plan-text.ts';
import { renderKept, renderLeaving, renderRemains, type Staying } from '../views/uninstall.ts';
import { agree } from './agree.ts';
import { type Context, type ExitStatus, exitStatus } from './context.ts';
import { configFile, configOf } from './controller-config.ts';
import { formatOf } from './flags.ts';
import { factsOf, withHost } from './host.ts';
import { show, styleOf, tell } from './output.ts';
import { Refusal, refuse } from './refusal.ts';
import { remainsOf } from './remains.ts';
import { isPurge, removeShared, type Said, type Step, shared, type UninstallFlags, type Work } from './remove-shared.ts';

/** Takes everything back: the controller, and unless they are kept the agents, with all files that Muster wrote. Lingering stays. */
export async function uninstall(flags: UninstallFlags, context: Context): Promise<ExitStatus> {
  const facts = factsOf({}, context);
  return withHost(facts, context, async (host) => {
    const steps: Step[] = [];
    const said: Said = (step) => {
      steps.push(step);
      if (flags.quiet !== true && formatOf(flags) === 'text')
        tell(renderStep(step, styleOf(flags, context.stderr, context)), context);
    };
    const work: Work = { host, facts, flags, context, said };
    if (flags.yes !== true) await ask(work);
    const followed = await followedHere(work);
    const gone = await uninstallController({ facts, env: context.env, host, onStep: said });
    if (gone.refused !== null) throw new Refusal([gone.refused]);
    const left = flags.keepAgents === true ? null : await underLock(work, followed);
    const staying = await stays(work, followed);
    return report(left, staying, steps, flags, context);
  });
}

async function ask(work: Work): Promise<void> {
  const { flags, context, facts, host } = work;
  if (flags.keepAgents !== true) {
    const { plan } = await planLeaving(host, facts, context);
    show(renderPlan(plan, styleOf(flags, context.stdout, context), 'what uninstalling takes away'), context);
  }
  const going = [
    controllerUnit,
    ...(flags.keepAgents === true ? [] : shared),
    ...(isPurge(flags)
      ? [
          facts.stateDir,
          configFile(facts),
          secretsDir(hostRoots(facts, context.env)),
          'the refs kept in the repository that is followed',
        ]
      : []),
  ];
  show(renderLeaving(going, await stays(work, await followedHere(work))), context);
  const question =
    flags.keepAgents === true
      ? 'Take the controller away? Agents go on, and nobody heals them.'
      : 'Take the controller away, and all of these?';
  if (!(await agree(question, 'muster uninstall --yes', flags, context)))
    throw refuse({ code: 'apply/failed', summary: 'nothing was done: you did not agree' });
}

/** The repository in which refs may be kept; `null` for none, or a mirror, which goes with the state directory. */
async function followedHere({ facts, context }: Work): Promise<string | null> {
  const record = await controllerStore(facts.stateDir)
    .load()
    .catch(() => null);
  const bound = record?.binding?.repository ?? (await configOf({}, facts, context).catch(() => null))?.repository ?? null;
  return bound !== null && path.isAbsolute(bound) && record?.binding?.ref !== 'worktree' ? bound : null;
}

async function stays({ facts, flags, context }: Work, followed: string | null): Promise<Staying> {
  const lingering = 'lingering (loginctl disable-linger ends it)';
  if (isPurge(flags)) return { places: [lingering], isPurgeable: false };
  const secrets = secretsDir(hostRoots(facts, context.env));
  const refs = followed === null ? [] : await keptRefs(followed, context.env, facts).catch(() => []);
  const kept = [
    ...[configFile(facts), secrets].filter(existsSync),
    ...(existsSync(facts.stateDir) ? [`${facts.stateDir} (the history)`] : []),
    ...refs.map((ref) => `${ref} in ${followed}`),
  ];
  return { places: [...kept, lingering], isPurgeable: kept.length > 0 && flags.keepAgents !== true };
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

/** What could not be taken away. */
interface Left extends Pick<Convergence, 'left'> {
  readonly held: readonly UnknownPlace[];
  /** Actions that were carried out. */
  readonly done: number;
}

/** Nobody else changes anything from the first agent that ends to the last file that goes. */
async function underLock(work: Work, followed: string | null): Promise<Left> {
  const writers = work.host.writers();
  const lock = await writers.lock.acquire('muster uninstall');
  if ('heldBy' in lock) throw busy(lock.heldBy);
  try {
    const result = await endAgents(work, writers);
    const { left, observation, changes, lockLost } = result;
    const lost = lockLost === null ? [] : [{ path: '/lock/writer lock', why: lockLost }];
    const remains = remainsOf(observation, changes.unknown);
    const held = [...lost, ...remains, ...result.held.filter((one) => !remains.some((other) => other.path === one.path))];
    const done = result.results.filter(({ outcome }) => outcome === 'done').length;
    if (left.length + held.length > 0) return { left, held, done };
    return { left, held: await removeShared(work, writers, followed), done };
  } finally {
    await lock.release();
  }
}

const busy = (holder: string): Refusal =>
  refuse({
    code: 'apply/locked',
    summary: `somebody else is changing this host: ${holder}`,
    detail:
      'One writer at a time. No service of the controller is installed any more; agents and shared files were left as they are.',
    hint: 'Wait for it to end, then try again.',
  });

async function endAgents({ host, facts, flags, context }: Work, writers: HostWriters): Promise<Convergence> {
  const { desired, observation, plan } = await planLeaving(host, facts, context);
  const violations = violationsOf(plan, desired, observation);
  if (violations.length > 0)
    throw refuse({
      code: 'apply/unsafe-plan',
      summary: 'agents were left as they are: ending them would break the rules',
      detail: violations.join('; '),
    });
  const style = styleOf(flags, context.stderr, context);
  return converge(
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
}

/** `left`: `null` where agents are kept. */
function report(
  left: Left | null,
  staying: Staying,
  steps: readonly Step[],
  flags: UninstallFlags,
  context: Context,
): ExitStatus {
  const isClean = left === null || left.left.length + left.held.length === 0;
  if (formatOf(flags) === 'json')
    show(renderJson({ format_version: '1.0', steps, left: left?.left ?? [], held: left?.held ?? [] }), context);
  else if (left !== null && !isClean) show(renderRemains(left, styleOf(flags, context.stdout, context)), context);
  else if (flags.quiet !== true) show(renderKept(wordsOf(left, steps), staying), context);
  return isClean ? exitStatus.done : exitStatus.failed;
}

function wordsOf(left: Left | null, steps: readonly Step[]): string {
  const hasDone = steps.some(({ outcome }) => outcome === 'done') || (left?.done ?? 0) > 0;
  if (!hasDone) return 'There was nothing to remove. Kept';
  return left === null ? 'The controller is gone; its agents go on. Kept' : 'Everything is gone, except for';
}
