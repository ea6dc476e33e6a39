import type { Attempt, ControllerRecord, HistoryEntry } from '../model/controller.ts';
import type { KeptRef, RevisionSource, Tip } from '../model/controller-ports.ts';
import { type Diagnostic, isError } from '../model/diagnostic.ts';
import { messageOf } from '../model/message-of.ts';
import { planDiagnostic } from '../model/plan-diagnostic.ts';
import { type Admitted, judgeFiles, judgeTip, type Previous } from './judge.ts';
import { type Memory, noRetry, nothingForgiven } from './memory.ts';
import { failedAgain } from './next-look.ts';
import type { World } from './world.ts';

export interface Choice {
  readonly memory: Memory;
  /** A revision that is to come into force; `null`: what is in force stays. */
  readonly next: Admitted | null;
  readonly entries: readonly HistoryEntry[];
}

/** Looks where the branch is, and judges a revision that was not judged yet. Nothing that goes wrong here takes away what is in force. */
export async function chooseRevision(before: Memory, triggers: readonly string[], world: World): Promise<Choice> {
  if (world.now() < before.reading.notBefore && !triggers.some((trigger) => asks.has(trigger)))
    return { memory: before, next: null, entries: [] };
  const tip = await world.source.tip().catch((error: unknown): Tip => ({ readable: false, why: messageOf(error) }));
  const { memory, why } = await recovered(before, world);
  const stays = async (known: Memory): Promise<Choice> => ({ memory: await keepInForce(known, world), next: null, entries: [] });
  if (!tip.readable || why !== null) return stays(unreadable(memory, tip.readable ? (why ?? '') : tip.why, [], world));
  if (tip.key === memory.inForce?.key) return stays(attempted(memory, tip, 'admitted', memory.inForce.diagnostics, world));
  if (tip.key === memory.record.quarantined?.revision) return stays(attempted(memory, tip, 'quarantined', [], world));
  // An attempt that was forgotten is one that the operator wants judged anew.
  if (memory.attempt !== null && memory.denied?.key === tip.key)
    return stays(attempted(memory, tip, 'denied', memory.denied.diagnostics, world));
  return judgeNew(tip.key === memory.record.admitted ? memory : await keepInForce(memory, world), tip, world);
}

/** Reasons for which a branch that could not be read is tried before its time. */
const asks: ReadonlySet<string> = new Set(['start', 'revision', 'reconcile', 'signal']);

/** Without a record, the refs that keep commits tell which one was in force, and which one was good. */
async function recovered(memory: Memory, world: World): Promise<{ readonly memory: Memory; readonly why: string | null }> {
  if (!memory.recordLost) return { memory, why: null };
  try {
    const [admitted, good] = [await keptCommit('admitted', world), await keptCommit('good', world)];
    const record = { ...memory.record, binding: world.binding, admitted, good };
    await world.recorder.save(record);
    return { memory: { ...memory, record, recordLost: false }, why: null };
  } catch (error) {
    return { memory, why: messageOf(error) };
  }
}

/** A ref may be anybody's work: what it names is trusted no more than the branch. */
async function keptCommit(ref: KeptRef, { source, config }: World): Promise<string | null> {
  const commit = await source.kept(ref);
  return commit === null || config.signatures === null || (await source.verify(commit)).trusted ? commit : null;
}

async function judgeNew(memory: Memory, tip: Extract<Tip, { readable: true }>, world: World): Promise<Choice> {
  const { record } = memory;
  const judgement = await judgeTip(tip, record.admitted, await previous(memory, world), judging(world)).catch((error: unknown) =>
    passing(error),
  );
  switch (judgement.outcome) {
    case 'admitted': {
      const known = attempted(memory, tip, 'admitted', judgement.admitted.diagnostics, world);
      const entry = entryOf(record, 'admitted', tip.key, `${short(tip.key)} is admitted`, judgement.admitted.diagnostics, world);
      return {
        memory: known,
        next: judgement.admitted,
        entries: tip.key === record.admitted ? [] : [{ ...entry, revision: tip.key }],
      };
    }
    case 'denied': {
      const { diagnostics } = judgement;
      const known = { ...attempted(memory, tip, 'denied', diagnostics, world), denied: { key: tip.key, diagnostics } };
      const why = diagnostics.find(isError)?.summary ?? 'no reason';
      const entry = entryOf(record, 'denied', tip.key, `${short(tip.key)} is denied: ${why}`, diagnostics, world);
      return {
        memory: await keepInForce(known, world),
        next: null,
        entries: wasDenied(memory, tip.key, diagnostics) ? [] : [entry],
      };
    }
    case 'passing': {
      const why = judgement.diagnostics[0]?.summary ?? 'it cannot be read';
      const known = unreadable(memory, why, judgement.diagnostics, world);
      return { memory: await keepInForce(known, world), next: null, entries: [] };
    }
  }
}

/** Judged anew because the operator asked, it is denied for the same reasons: that is written down already. */
const wasDenied = ({ denied }: Memory, key: string, diagnostics: readonly Diagnostic[]): boolean =>
  denied?.key === key && JSON.stringify(denied.diagnostics) === JSON.stringify(diagnostics);

const judging = ({ config, ...world }: World) => ({
  ...world,
  fastForwardOnly: config.fastForwardOnly,
  verifies: config.signatures !== null,
});

const passing = (error: unknown) => ({
  outcome: 'passing' as const,
  diagnostics: [
    { severity: 'error', code: 'git/failed', summary: 'the revision could not be read', detail: messageOf(error) },
  ] satisfies Diagnostic[],
});

/** After a start, what was in force before has to be read again; also while the branch names something that is not to be used. */
async function keepInForce(memory: Memory, world: World): Promise<Memory> {
  const key = memory.record.admitted;
  if (memory.inForce !== null || key === null) return memory;
  const found = await readAgain(key, world);
  if (found === null) return { ...memory, reading: failedAgain(memory.reading, world) };
  return { ...memory, inForce: found, ...begun(world) };
}

/** What begins with a revision, and anew with the process: the deadline of its trial, and a fresh view of what has failed. */
export const begun = ({ now, date }: World): Pick<Memory, 'trialBegun' | 'anewSince' | 'forgiven'> => ({
  trialBegun: now(),
  anewSince: date().getTime(),
  forgiven: nothingForgiven,
});

/** A revision that was admitted before; `null` where it cannot be had any more, as with files that were edited since. */
export async function readAgain(key: string, world: World): Promise<Admitted | null> {
  const { source, config } = world;
  const commit = config.worktree ? null : key;
  if (config.worktree && !(await isThere(key, source))) return null;
  const judgement = await source
    .read(key)
    .then((files) => judgeFiles({ key, commit }, files, null, world))
    .catch(passing);
  // What was read while it was edited may be something else.
  if (config.worktree && !(await isThere(key, source))) return null;
  return judgement.outcome === 'admitted' ? judgement.admitted : null;
}

const isThere = async (key: string, source: RevisionSource): Promise<boolean> => {
  const tip = await source.tip().catch(() => null);
  return tip?.readable === true && tip.key === key;
};

/** A directory without rosters has removed nothing: what ran before it still does. */
async function previous({ inForce }: Memory, { readers }: World): Promise<Previous> {
  if (inForce === null || inForce.rosterless) return readers.state.admitted().catch(() => null);
  const fleets: Record<string, string[]> = Object.fromEntries(inForce.desired.fleets.map(({ name }) => [name, []]));
  for (const { fleet, name } of inForce.desired.agents.values()) fleets[fleet]?.push(name);
  return { fleets };
}

function attempted(
  memory: Memory,
  { key, commit }: { readonly key: string; readonly commit: string | null },
  outcome: Attempt['outcome'],
  diagnostics: readonly Diagnostic[],
  { date }: World,
): Memory {
  const { attempt } = memory;
  const reading = noRetry;
  if (attempt?.key === key && attempt.outcome === outcome) return { ...memory, reading };
  const next = { key, revision: commit, outcome, diagnostics: diagnostics.map(planDiagnostic), at: date().toISOString() };
  return { ...memory, attempt: next, reading };
}

function unreadable(memory: Memory, why: string, diagnostics: readonly Diagnostic[], world: World): Memory {
  const findings = diagnostics.length > 0 ? diagnostics : [{ severity: 'error', code: 'git/failed', summary: why } as const];
  const again = memory.attempt?.outcome === 'unreadable' && memory.attempt.diagnostics[0]?.summary === findings[0]?.summary;
  const attempt = again
    ? memory.attempt
    : {
        key: null,
        revision: null,
        outcome: 'unreadable' as const,
        diagnostics: findings.map(planDiagnostic),
        at: world.date().toISOString(),
      };
  return { ...memory, attempt, reading: failedAgain(memory.reading, world) };
}

export function entryOf(
  record: ControllerRecord,
  outcome: Extract<HistoryEntry, { kind: 'revision' }>['outcome'],
  subject: string,
  message: string,
  diagnostics: readonly Diagnostic[],
  { date }: Pick<World, 'date'>,
): HistoryEntry {
  const findings = diagnostics.map(planDiagnostic);
  return {
    format_version: '1.0',
    at: date().toISOString(),
    revision: record.admitted,
    kind: 'revision',
    subject,
    outcome,
    message,
    diagnostics: findings,
  };
}

export const short = (key: string): string => (key.startsWith('sha256:') ? key.slice(0, 19) : key.slice(0, 12));
