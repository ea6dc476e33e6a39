import type { Attempt, ControllerRecord, HistoryEntry } from '../model/controller.ts';
import type { Tip } from '../model/controller-ports.ts';
import { type Diagnostic, isError } from '../model/diagnostic.ts';
import { planDiagnostic } from '../model/plan-diagnostic.ts';
import { type Admitted, judgeFiles, judgeTip, type Previous } from './judge.ts';
import type { Memory } from './memory.ts';
import type { World } from './world.ts';

export interface Choice {
  readonly memory: Memory;
  /** A revision that is to come into force; `null`: what is in force stays. */
  readonly next: Admitted | null;
  readonly entries: readonly HistoryEntry[];
}

/** Looks where the branch is, and judges a revision that was not judged yet. Nothing that goes wrong here takes away what is in force. */
export async function chooseRevision(memory: Memory, world: World): Promise<Choice> {
  const tip = await world.source.tip().catch((error: unknown): Tip => ({ readable: false, why: text(error) }));
  if (!tip.readable) return { ...(await keepInForce(unreadable(memory, tip.why, [], world), world)), next: null, entries: [] };
  if (tip.key === memory.inForce?.key)
    return { memory: attempted(memory, tip, 'admitted', memory.inForce.diagnostics, world), next: null, entries: [] };
  if (tip.key === memory.record.quarantined?.revision) {
    return { ...(await keepInForce(attempted(memory, tip, 'quarantined', [], world), world)), next: null, entries: [] };
  }
  if (memory.attempt?.outcome === 'denied' && memory.attempt.key === tip.key)
    return { ...(await keepInForce(memory, world)), next: null, entries: [] };
  return judgeNew(memory, tip, world);
}

async function judgeNew(memory: Memory, tip: Extract<Tip, { readable: true }>, world: World): Promise<Choice> {
  const { record } = memory;
  const inForce = record.admitted ?? (memory.recordLost ? await world.source.kept('admitted').catch(() => null) : null);
  const judgement = await judgeTip(tip, inForce, await previous(memory, world), judging(world)).catch((error: unknown) =>
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
      const known = await keepInForce(attempted(memory, tip, 'denied', diagnostics, world), world, inForce);
      const why = diagnostics.find(isError)?.summary ?? 'no reason';
      return {
        ...known,
        next: null,
        entries: [entryOf(record, 'denied', tip.key, `${short(tip.key)} is denied: ${why}`, diagnostics, world)],
      };
    }
    case 'passing': {
      const why = judgement.diagnostics[0]?.summary ?? 'it cannot be read';
      return { ...(await keepInForce(unreadable(memory, why, judgement.diagnostics, world), world)), next: null, entries: [] };
    }
  }
}

const judging = ({ config, ...world }: World) => ({
  ...world,
  fastForwardOnly: config.fastForwardOnly,
  verifies: config.signatures !== null,
});

const passing = (error: unknown) => ({
  outcome: 'passing' as const,
  diagnostics: [
    { severity: 'error', code: 'git/failed', summary: 'the revision could not be read', detail: text(error) },
  ] satisfies Diagnostic[],
});

/** After a start, what was in force before has to be read again; also while the branch names something that is not to be used. */
async function keepInForce(memory: Memory, world: World, lost: string | null = null): Promise<{ readonly memory: Memory }> {
  const key = memory.record.admitted ?? lost;
  if (memory.inForce !== null || key === null) return { memory };
  const found = await readAgain(key, world);
  return { memory: found === null ? memory : { ...memory, inForce: found, record: { ...memory.record, admitted: key } } };
}

/** A revision that was admitted before; `null` where it cannot be had any more. */
export async function readAgain(key: string, world: World): Promise<Admitted | null> {
  const commit = world.config.worktree ? null : key;
  const judgement = await world.source
    .read(key)
    .then((files) => judgeFiles({ key, commit }, files, null, world))
    .catch(passing);
  return judgement.outcome === 'admitted' ? judgement.admitted : null;
}

async function previous({ inForce }: Memory, { readers }: World): Promise<Previous> {
  if (inForce === null) return readers.state.admitted().catch(() => null);
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
  const reading = { failures: 0, notBefore: 0 };
  if (attempt?.key === key && attempt.outcome === outcome) return { ...memory, reading };
  const next = { key, revision: commit, outcome, diagnostics: diagnostics.map(planDiagnostic), at: date().toISOString() };
  return { ...memory, attempt: next, reading };
}

const firstRetryMs = 1000;
const longestRetryMs = 60_000;

function unreadable(memory: Memory, why: string, diagnostics: readonly Diagnostic[], { now, date, random }: World): Memory {
  const failures = memory.reading.failures + 1;
  const delay = Math.min(longestRetryMs, firstRetryMs * 2 ** Math.min(failures - 1, 10)) * (0.8 + 0.4 * random());
  const findings = diagnostics.length > 0 ? diagnostics : [{ severity: 'error', code: 'git/failed', summary: why } as const];
  const again = memory.attempt?.outcome === 'unreadable' && memory.attempt.diagnostics[0]?.summary === findings[0]?.summary;
  const attempt = again
    ? memory.attempt
    : {
        key: null,
        revision: null,
        outcome: 'unreadable' as const,
        diagnostics: findings.map(planDiagnostic),
        at: date().toISOString(),
      };
  return { ...memory, attempt, reading: { failures, notBefore: now() + delay } };
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

const text = (error: unknown): string => (error instanceof Error ? error.message : String(error));
