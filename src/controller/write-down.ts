import { admittedRecord, sameRecord } from '../apply/admitted.ts';
import { heldOf } from '../apply/converge.ts';
import type { HistoryEntry, Sighting } from '../model/controller.ts';
import { digestOfJson } from '../model/digest.ts';
import type { AdmittedRecord } from '../model/observation.ts';
import { pointer } from '../plan/pointer.ts';
import { type Acted, historyAction } from './act.ts';
import type { Assessment } from './assess.ts';
import type { Admitted } from './judge.ts';
import type { Memory } from './memory.ts';
import { entryOf, short } from './revision.ts';
import type { World } from './world.ts';

/** What a pass has seen and done. */
export interface Deed {
  readonly triggers: readonly string[];
  readonly started: number;
  readonly seen: readonly Sighting[];
  readonly acted: Acted;
  readonly assessment: Assessment;
}

/** After the deed. What has been reached is recorded by a look that finds nothing left to do, not by the one that did it. */
export async function writeDown(memory: Memory, target: Admitted, deed: Deed, world: World): Promise<Memory> {
  const { changes, held } = deed.assessment;
  // What systemd is starting again by itself is told, too.
  const isNews = deed.seen.length > 0 || deed.acted.results.some(({ outcome }) => outcome !== 'not-run');
  if (isNews) await world.recorder.append(passEntry(memory, target, deed, world));
  // Without the lock somebody else may be writing by now.
  if (deed.acted.results.length > 0 || world.writers.lock.lost.aborted) return memory;
  // Until somebody has said what becomes of what ran here before, this host has not reached anything.
  if (changes.diagnostics.some(({ code }) => code === 'adopt/needed')) return memory;
  const isAsItSays = changes.actions.length + changes.waiting.length + heldOf(changes, target.desired).length + held.size === 0;
  const isReached = isAsItSays && memory.applied !== target.key;
  if (isReached && (memory.isNew || target.commit === null || lastRecord(deed.assessment)?.revision !== target.commit))
    await world.recorder.append(
      entryOf(memory.record, 'applied', target.key, `the host is as ${short(target.key)} says`, [], world),
    );
  await recordReached(target, deed.assessment, world);
  if (!isReached) return memory;
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

const lastRecord = ({ observation: { admitted } }: Assessment): AdmittedRecord | null => (admitted.known ? admitted.value : null);

async function recordReached(target: Admitted, assessment: Assessment, world: World): Promise<void> {
  const { changes, observation, ledger } = assessment;
  const last = lastRecord(assessment);
  // What was not seen may be somebody's work, which goes once a revision is recorded.
  if (last === null && !(observation.units.known && observation.tmux.known && observation.files.known)) return;
  const from = { revision: target.commit, source: target.origin };
  // Who fails again and again has reached nothing at the moment at which it happens to be up.
  const failing = [...ledger.keys()].map((unit) => ({ path: `/units/${pointer(unit)}`, why: 'it fails' }));
  const reached = { changes: { ...changes, unknown: [...changes.unknown, ...failing] }, observation };
  const next = admittedRecord(from, target.desired, reached, world.date().toISOString());
  if (last !== null && sameRecord(last, next)) return;
  await world.recorder.attempt('the record of what was reached', () => world.writers.state.recordAdmitted(next));
}
