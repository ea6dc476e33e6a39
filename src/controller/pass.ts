import { admittedRecord } from '../apply/admitted.ts';
import type { ControllerRecord, HistoryEntry, Sighting, Suspension } from '../model/controller.ts';
import type { KeptRef } from '../model/controller-ports.ts';
import type { Desired, DesiredAgent } from '../model/desired.ts';
import { digestOfJson } from '../model/digest.ts';
import type { AdmittedRecord, Observation } from '../model/observation.ts';
import { observe } from '../observed/observe.ts';
import { scopeOf } from '../observed/scope.ts';
import { derive } from '../plan/derive.ts';
import { type Acted, act, historyAction, learn } from './act.ts';
import { type Assessment, assess } from './assess.ts';
import { conditionsOf } from './conditions.ts';
import { type Floor, floorsOf } from './floor.ts';
import type { Admitted } from './judge.ts';
import { noteLives } from './lives.ts';
import type { Memory } from './memory.ts';
import { dueAt, lookedAt, nextLook, nextReading } from './next-look.ts';
import { begun, chooseRevision, entryOf, readAgain, short } from './revision.ts';
import { sightingsOf } from './sightings.ts';
import { statusOf } from './status.ts';
import { judgeTrial } from './trial.ts';
import type { World } from './world.ts';

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
  const choice = await chooseRevision(before, world);
  await world.recorder.append(...choice.entries);
  const target = choice.next ?? choice.memory.inForce;
  if (target === null) return withoutRevision(choice.memory, world);
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
  if (returned !== null) return returned;
  const { seen, ends } = await sightingsOf(assessment, memory, target.desired, world);
  const acted = await act(target.desired, assessment, world);
  const learnt = { ...known, ends, ...learn(known, acted.results, world) };
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

/** The new revision is to blame for a broken floor only if the floor was whole before it, or before the one that is still on trial. */
async function bringIntoForce(memory: Memory, next: Admitted, observation: Observation, world: World): Promise<Memory> {
  const { record, inForce } = memory;
  if (record.admitted === next.key) {
    await keep('admitted', next.commit, world);
    return { ...memory, inForce: next, ...begun(world) };
  }
  const blamed =
    next.commit !== null && inForce !== null && (record.trial?.blamed === true || isWhole(memory, inForce, observation, world));
  const decided: ControllerRecord = {
    ...record,
    binding: world.binding,
    admitted: next.key,
    trial: { revision: next.key, blamed },
    quarantined: null,
  };
  await world.recorder.save(decided);
  await keep('admitted', next.commit, world);
  return {
    ...memory,
    record: decided,
    inForce: next,
    applied: null,
    isNew: true,
    ...begun(world),
    ledger: new Map(),
    repeats: new Map(),
  };
}

function isWhole(memory: Memory, { desired }: Admitted, observation: Observation, world: World): boolean {
  const derived = derive(observation, desired);
  const floors = floorsOf({
    desired,
    derived,
    lives: noteLives(memory.lives, derived.verdicts.values(), world.now()),
    stableMs: 0,
    now: world.now(),
    isSuspended: suspendedIn(observation),
  });
  return floors.every(({ state }) => state === 'stable' || state === 'held' || state === 'exempt');
}

const floorsFor = (
  desired: Desired,
  { derived, observation }: Assessment,
  { lives }: Memory,
  { config, now }: World,
): readonly Floor[] =>
  floorsOf({ desired, derived, lives, stableMs: config.health.stableMs, now: now(), isSuspended: suspendedIn(observation) });

function suspendedIn(observation: Observation): ((agent: DesiredAgent) => boolean) | null {
  if (observation.suspensions?.known === false) return null;
  const suspensions = suspensionsOf(observation);
  return ({ name, fleet }) => suspensions.some((one) => one.name === (one.kind === 'agent' ? name : fleet));
}

const suspensionsOf = ({ suspensions }: Observation): readonly Suspension[] =>
  suspensions?.known === true ? suspensions.value : [];

async function prove(memory: Memory, world: World): Promise<Memory> {
  const { record } = memory;
  if (record.admitted === null || (record.good === record.admitted && record.trial === null)) return memory;
  const proven: ControllerRecord = { ...record, good: record.admitted, trial: null };
  await world.recorder.save(proven);
  await keep('good', memory.inForce?.commit ?? null, world);
  await world.recorder.append(
    entryOf(proven, 'good', record.admitted, `the floor is well under ${short(record.admitted)}`, [], world),
  );
  return { ...memory, record: proven };
}

/**
 * The revision broke the floor: the last good one comes back, and the bad one is not tried again. It goes one step back, never
 * further. `null` where the good one cannot be read now: then the trial goes on.
 */
async function returnToGood(memory: Memory, why: string, world: World): Promise<Passed | null> {
  const { record } = memory;
  const good = record.good === null ? null : await readAgain(record.good, world);
  if (good === null || record.admitted === null) return null;
  const quarantined = { revision: record.admitted, why, at: world.date().toISOString() };
  const returned: ControllerRecord = { ...record, admitted: good.key, trial: null, quarantined };
  await world.recorder.save(returned);
  await keep('admitted', good.commit, world);
  await world.recorder.append(
    entryOf(record, 'quarantined', record.admitted, `${short(record.admitted)} broke the floor: ${why}`, [], world),
    entryOf(returned, 'returned', good.key, `back to ${short(good.key)}, the last good revision`, [], world),
  );
  // What was denied beside the bad one may well follow upon the good one.
  const forgotten = { attempt: null, denied: null, applied: null, isNew: true, ledger: new Map(), repeats: new Map() };
  return {
    memory: { ...memory, ...forgotten, record: returned, inForce: good, ...begun(world) },
    results: [],
    nextAt: world.now(),
  };
}

interface Deed {
  readonly triggers: readonly string[];
  readonly started: number;
  readonly seen: readonly Sighting[];
  readonly acted: Acted;
  readonly assessment: Assessment;
}

/** After the deed. What has been reached is recorded by a look that finds nothing left to do, not by the one that did it. */
async function writeDown(memory: Memory, target: Admitted, deed: Deed, world: World): Promise<Memory> {
  const { changes, held } = deed.assessment;
  // What systemd is starting again by itself is told, too.
  const isNews = deed.seen.length > 0 || deed.acted.results.some(({ outcome }) => outcome !== 'not-run');
  if (isNews) await world.recorder.append(passEntry(memory, target, deed, world));
  if (deed.acted.results.length > 0) return memory;
  // Until somebody has said what becomes of what ran here before, this host has not reached anything.
  if (changes.diagnostics.some(({ code }) => code === 'adopt/needed')) return memory;
  const last = await recordReached(target, deed.assessment, world);
  const isAsItSays = changes.actions.length + changes.waiting.length + held.size === 0;
  if (!isAsItSays || memory.applied === target.key) return memory;
  if (memory.isNew || target.commit === null || last?.revision !== target.commit)
    await world.recorder.append(
      entryOf(memory.record, 'applied', target.key, `the host is as ${short(target.key)} says`, [], world),
    );
  return { ...memory, applied: target.key, isNew: false };
}

function passEntry(
  memory: Memory,
  target: Admitted,
  { triggers, started, seen, acted, assessment }: Deed,
  world: World,
): HistoryEntry {
  const { actions, before } = assessment.changes;
  return {
    format_version: '1.0',
    at: world.date().toISOString(),
    revision: memory.record.admitted,
    kind: 'pass',
    triggers,
    plan: digestOfJson({ revision: target.key, actions, before }),
    took_ms: Math.round(world.now() - started),
    seen,
    actions: acted.results.map(historyAction),
  };
}

/** Gives what had been recorded before. */
async function recordReached(
  target: Admitted,
  { changes, observation }: Assessment,
  world: World,
): Promise<AdmittedRecord | null> {
  const last = observation.admitted.known ? observation.admitted.value : null;
  // What was not seen may be somebody's work, which goes once a revision is recorded.
  if (last === null && !(observation.units.known && observation.tmux.known && observation.files.known)) return null;
  const from = { revision: target.commit, source: target.origin };
  const next = admittedRecord(from, target.desired, { changes, observation }, world.date().toISOString());
  if (last === null || JSON.stringify({ ...last, at: '' }) !== JSON.stringify({ ...next, at: '' })) {
    await world.recorder.attempt('the record of what was reached', () => world.writers.state.recordAdmitted(next));
  }
  return last;
}

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

/** A ref keeps the commit from git's garbage collection. */
async function keep(ref: KeptRef, commit: string | null, { recorder, source }: World): Promise<void> {
  if (commit !== null) await recorder.insist(`the ref that keeps the ${ref} revision`, () => source.keep(ref, commit));
}
