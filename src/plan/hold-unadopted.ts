import type { Desired } from '../model/desired.ts';
import { holderUnit } from '../model/names.ts';
import { documentOf } from '../model/section.ts';
import type { Derived } from './derive.ts';
import type { HoldOptions, Holds } from './holds.ts';
import { pointer } from './pointer.ts';

/** Until a revision is recorded here, an agent that no roster names may be somebody's work. */
export function holdUnadopted(held: Holds, desired: Desired, derived: Derived, options: HoldOptions): void {
  const why = whyNothingGoes(derived, options);
  if (why === null) return;
  const names: string[] = [];
  const states = documentOf(derived.state.units);
  for (const verdict of derived.verdicts.values()) {
    if (desired.state.units[verdict.unit] !== undefined || verdict.kind === 'holder') continue;
    held.unit(verdict.unit, verdict.name, why);
    const here = states[verdict.unit];
    if (here?.active === true || here?.enabled === true) names.push(verdict.unit);
  }
  for (const orphan of derived.orphans) {
    if (!desired.agents.has(orphan.session.agent)) held.place(`/sessions/${pointer(orphan.key)}`, why);
  }
  if (desired.agents.size === 0) held.unit(holderUnit, '', why);
  holdUnadoptedFiles(held, desired, derived, why);
  if (names.length === 0) return;
  held.diagnostics.push({
    severity: 'warning',
    code: 'adopt/needed',
    summary: `${names.length === 1 ? 'a unit runs or is' : `${names.length} units run or are`} enabled here that no roster names, and ${why}`,
    detail: `Left alone: ${names.join(', ')}.`,
    hint:
      options.rosterless === true
        ? 'Is this the right repository and --rosters directory? To retire a fleet, keep its roster, with profile: minimal and no agents.'
        : 'Add them to a roster, or let them go with --adopt (muster plan --adopt shows what that does).',
  });
}

function whyNothingGoes({ observation: { admitted } }: Derived, { adopt, rosterless }: HoldOptions): string | null {
  if (rosterless === true) return 'an empty roster directory removes nothing';
  if (adopt || (admitted.known && admitted.value !== null)) return null;
  return admitted.known
    ? 'no revision was carried out on this host yet'
    : `the last admitted revision is unknown: ${admitted.why}`;
}

function holdUnadoptedFiles(held: Holds, desired: Desired, derived: Derived, why: string): void {
  const rostered = new Set([...desired.agents.values()].flatMap((agent) => agent.files));
  for (const key of derived.state.files.keys) {
    if (desired.state.files[key] === undefined && !rostered.has(key)) held.place(`/files/${pointer(key)}`, why);
  }
}
