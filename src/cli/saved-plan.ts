import path from 'node:path';
import type { Digest } from '../model/digest.ts';
import type { Plan } from '../model/plan.ts';
import type { Context } from './context.ts';
import { readJsonFile } from './json-file.ts';
import { refuse } from './refusal.ts';

/** What of a saved plan is trusted: only what it takes to tell whether it is the plan that would be made now. */
export type SavedPlan = Pick<Plan, 'id' | 'revision' | 'dirty' | 'observed_digest'>;

/** Refuses what is not a plan of this version. */
export async function readPlan(file: string, context: Context): Promise<SavedPlan> {
  const hint = 'Make one with: muster plan --out FILE';
  const plan = await readJsonFile(path.resolve(context.cwd, file), file, 'plan/format', hint);
  const { format_version: version, id, revision, dirty, observed_digest: observed } = plan;
  const known = typeof version === 'string' && version.startsWith('1.');
  if (
    known &&
    isDigest(id) &&
    isDigest(observed) &&
    (typeof revision === 'string' || revision === null) &&
    typeof dirty === 'boolean'
  ) {
    return { id, revision, dirty, observed_digest: observed };
  }
  throw refuse({ code: 'plan/format', summary: `${file} is not a plan that this version can read`, hint });
}

/** The id is the digest of all that a plan says: revision, what was observed, every action. */
export function refuseStale(earlier: SavedPlan, now: SavedPlan, name: string): void {
  if (earlier.id === now.id) return;
  const changed =
    earlier.revision !== now.revision || earlier.dirty !== now.dirty
      ? `it was made for revision ${earlier.revision ?? 'none'}, which is now ${now.revision ?? 'none'}`
      : earlier.observed_digest !== now.observed_digest
        ? 'the host has changed since'
        : 'the same inputs give another plan now: another host, tenant or version of muster';
  throw refuse({
    code: 'plan/stale',
    summary: `${name} is stale`,
    detail: `${changed[0]?.toUpperCase()}${changed.slice(1)}. Nothing was done.`,
    hint: 'Look at a new one: muster plan',
  });
}

const isDigest = (value: unknown): value is Digest => typeof value === 'string' && value.startsWith('sha256:');
