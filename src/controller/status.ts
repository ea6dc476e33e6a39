import type { BackOff } from '../model/controller.ts';
import type { Assessment } from './assess.ts';
import type { Memory } from './memory.ts';
import type { StatusOfPass, World } from './world.ts';

/** What the controller tells of itself after a pass; without an assessment nothing is in force. */
export function statusOf(
  memory: Memory,
  assessment: Assessment | null,
  world: Pick<World, 'facts' | 'binding' | 'recorder' | 'now' | 'date'>,
): StatusOfPass {
  const { record, attempt, conditions } = memory;
  const { facts, binding } = world;
  const suspensions = assessment?.observation.suspensions;
  return {
    format_version: '1.0',
    host: facts.host,
    tenant: facts.tenant,
    binding,
    attempted:
      attempt === null
        ? null
        : { revision: attempt.revision, outcome: attempt.outcome, diagnostics: attempt.diagnostics, at: attempt.at },
    applied: appliedOf(memory, assessment),
    good: record.good,
    quarantined: record.quarantined,
    fleets: [...conditions].map(([name, told]) => ({ name, conditions: told })),
    back_offs: backOffs(memory, world),
    suspensions: suspensions?.known === true ? suspensions.value : [],
    left: assessment?.changes.actions.map(({ id }) => id) ?? [],
    drift: assessment?.changes.drift ?? [],
    obstacle:
      world.recorder.trouble ??
      (assessment === null ? (attempt?.diagnostics[0]?.summary ?? 'nothing was ever admitted here') : null),
  };
}

/** What this process has seen applied comes before what was written down earlier. */
function appliedOf({ applied, inForce }: Memory, assessment: Assessment | null): string | null {
  if (inForce !== null && applied === inForce.key) return inForce.commit;
  const written = assessment?.observation.admitted;
  return written?.known === true ? (written.value?.revision ?? null) : null;
}

function backOffs({ ledger }: Memory, { now, date }: Pick<World, 'now' | 'date'>): BackOff[] {
  return [...ledger].map(([resource, failing]) => ({
    resource,
    failures: failing.failures,
    why: failing.why,
    until: Number.isFinite(failing.notBefore) ? new Date(date().getTime() + (failing.notBefore - now())).toISOString() : null,
    quarantined: failing.quarantined,
  }));
}
