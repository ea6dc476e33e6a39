import type { Desired } from '../model/desired.ts';
import { observe } from '../observed/observe.ts';
import { scopeOf } from '../observed/scope.ts';
import { type Acted, act, learn } from './act.ts';
import { type Assessment, assess } from './assess.ts';
import { conditionsOf } from './conditions.ts';
import { type Floor, floorsOf } from './floor.ts';
import { bringIntoForce, prove, returnToGood } from './in-force.ts';
import type { Admitted } from './judge.ts';
import type { Memory } from './memory.ts';
import { dueAt, lookedAt, nextLook, nextReading } from './next-look.ts';
import { chooseRevision } from './revision.ts';
import { sightingsOf } from './sightings.ts';
import { statusOf } from './status.ts';
import { suspendedIn, suspensionsOf } from './suspended.ts';
import { judgeTrial } from './trial.ts';
import type { World } from './world.ts';
import { writeDown } from './write-down.ts';

export interface Passed {
  readonly memory: Memory;
  readonly results: Acted['results'];
  /** Monotonic milliseconds: when to look again if nothing happens; now, where this pass has changed something. */
  readonly nextAt: number;
}

/**
 * One pass: where the branch is, what the host does, what follows, and that it is done. It remembers after the deed; what it has
 * decided before one (which revision is in force, and on trial) is saved before, so that a crash in between loses no trial.
 */
export async function pass(before: Memory, triggers: readonly string[], world: World): Promise<Passed> {
  const started = world.now();
  await world.recorder.catchUp();
  const choice = await chooseRevision(before, triggers, world);
  await world.recorder.append(...choice.entries);
  const target = choice.next ?? choice.memory.inForce;
  if (target === null) return withoutRevision(choice.memory, world);
  world.onTarget(target.desired);
  const observation = await observe(world.readers, world.facts, scopeOf(target.desired));
  const memory = choice.next === null ? choice.memory : await bringIntoForce(choice.memory, choice.next, observation, world);
  const assessment = await assess(memory, target, observation, world);
  const { lives, ledger, forgiven } = assessment;
  const known = { ...memory, lives, ledger, forgiven };
  const floors = floorsFor(target.desired, assessment, known, world);
  const tried = judgeTrial({
    record: known.record,
    floors,
    isCarriedOut: assessment.changes.actions.length === 0 && !target.rosterless,
    begun: known.trialBegun,
    now: world.now(),
    deadlineMs: world.config.health.deadlineMs,
  });
  const returned = tried.verdict === 'bad' ? await returnToGood(known, tried.why, world) : null;
  if (returned !== null) return { memory: returned, results: [], nextAt: world.now() };
  const { seen, ends, runs } = await sightingsOf(assessment, memory, target.desired, world);
  const acted = await act(target.desired, assessment, world);
  const touched = new Set(acted.results.flatMap(({ action: { unit } }) => (unit === null ? [] : [unit])));
  const learnt = { ...known, ends, runs, touched, ...learn(known, acted.results, world) };
  const written = await writeDown(learnt, target, { triggers, started, seen, acted, assessment }, world);
  const proven = tried.verdict === 'good' ? await prove(written, world) : written;
  const told = tellStatus(proven, target, assessment, acted, floors, world);
  const looked = { ...told, looking: lookedAt(told.looking, observation, world) };
  const nextAt = hasChanged(acted.results) ? world.now() : nextLook(looked, assessment, dueAt(tried, world), world);
  return { memory: looked, results: acted.results, nextAt };
}

/** What failed is held back from now on, which the next look tells; but for a reload, which nothing can hold back. */
const hasChanged = (results: Acted['results']): boolean =>
  results.some(
    ({ action, outcome }) => outcome === 'done' || outcome === 'unfinished' || (outcome === 'failed' && action.verb !== 'reload'),
  );

/** Nothing was ever admitted, or it cannot be read now: nothing is touched. */
function withoutRevision(memory: Memory, world: World): Passed {
  world.onStatus(statusOf(memory, null, world));
  return { memory, results: [], nextAt: nextReading(memory, world) };
}

const floorsFor = (
  desired: Desired,
  { derived, observation }: Assessment,
  { lives }: Memory,
  { config, now }: World,
): readonly Floor[] =>
  floorsOf({ desired, derived, lives, stableMs: config.health.stableMs, now: now(), isSuspended: suspendedIn(observation) });

function tellStatus(
  memory: Memory,
  target: Admitted,
  assessment: Assessment,
  { violations }: Acted,
  floors: readonly Floor[],
  world: World,
): Memory {
  const at = world.date().toISOString();
  const conditions = conditionsOf({
    desired: target.desired,
    assessment,
    floors,
    suspensions: suspensionsOf(assessment.observation),
    violations,
    memory,
    at,
  });
  const told = { ...memory, conditions };
  world.onStatus(statusOf(told, assessment, world));
  return told;
}
