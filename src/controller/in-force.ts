import type { ControllerRecord } from '../model/controller.ts';
import type { KeptRef } from '../model/controller-ports.ts';
import type { Observation } from '../model/observation.ts';
import { derive } from '../plan/derive.ts';
import { floorsOf } from './floor.ts';
import type { Admitted } from './judge.ts';
import { noteLives } from './lives.ts';
import type { Memory } from './memory.ts';
import { begun, entryOf, readAgain, short } from './revision.ts';
import { suspendedIn } from './suspended.ts';
import type { World } from './world.ts';

/** The new revision is to blame for a broken floor only if the floor was whole before it, or before the one that is still on trial. */
export async function bringIntoForce(memory: Memory, next: Admitted, observation: Observation, world: World): Promise<Memory> {
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

/** The revision in force has proved itself. */
export async function prove(memory: Memory, world: World): Promise<Memory> {
  const { record } = memory;
  if (record.admitted === null || (record.good === record.admitted && record.trial === null)) return memory;
  const proven: ControllerRecord = { ...record, good: record.admitted, trial: null };
  // Told first: a crash in between comes to the same outcome again, which is no news then.
  await world.recorder.append(
    entryOf(proven, 'good', record.admitted, `the floor is well under ${short(record.admitted)}`, [], world),
  );
  await world.recorder.save(proven);
  await keep('good', memory.inForce?.commit ?? null, world);
  return { ...memory, record: proven };
}

/**
 * The revision broke the floor: the last good one comes back, and the bad one is not tried again. It goes one step back, never
 * further. `null` where the good one cannot be read now: then the trial goes on.
 */
export async function returnToGood(memory: Memory, why: string, world: World): Promise<Memory | null> {
  const { record } = memory;
  const good = record.good === null ? null : await readAgain(record.good, world);
  if (good === null || record.admitted === null) return null;
  const quarantined = { revision: record.admitted, why, at: world.date().toISOString() };
  const returned: ControllerRecord = { ...record, admitted: good.key, trial: null, quarantined };
  await world.recorder.append(
    entryOf(record, 'quarantined', record.admitted, `${short(record.admitted)} broke the floor: ${why}`, [], world),
    entryOf(returned, 'returned', good.key, `back to ${short(good.key)}, the last good revision`, [], world),
  );
  await world.recorder.save(returned);
  await keep('admitted', good.commit, world);
  // What was denied beside the bad one may well follow upon the good one.
  const forgotten = { attempt: null, denied: null, applied: null, isNew: true, ledger: new Map(), repeats: new Map() };
  return { ...memory, ...forgotten, record: returned, inForce: good, ...begun(world) };
}

/** A ref keeps the commit from git's garbage collection. */
async function keep(ref: KeptRef, commit: string | null, { recorder, source }: World): Promise<void> {
  if (commit !== null) await recorder.insist(`the ref that keeps the ${ref} revision`, () => source.keep(ref, commit));
}
