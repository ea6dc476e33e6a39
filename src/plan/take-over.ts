import type { Desired } from '../model/desired.ts';
import { agentUnit, connectorUnit, holderUnit, unitFile } from '../model/names.ts';
import type { Derived } from './derive.ts';
import { foreignUnitFiles, whyNotTold } from './foreign-runs.ts';
import type { HoldOptions, Holds } from './holds.ts';
import { pointer } from './pointer.ts';
import { isRunning } from './roles.ts';
import type { Sheet } from './sheet.ts';
import type { Step, UnitTransition, UnitVerb } from './transitions.ts';

/**
 * A host is taken over as a whole or not at all: where something that runs from somebody else's unit files cannot be ended first,
 * they are not overwritten. Says whether anything was held.
 */
export function holdTakeOver(held: Holds, desired: Desired, derived: Derived, { adopt }: HoldOptions): boolean {
  const foreign = adopt ? [...foreignUnitFiles(derived.observation, desired)] : [];
  const obstacle = foreign.length === 0 ? null : obstacleTo(held, derived);
  if (obstacle === null) return false;
  const summary = `${foreign.join(' and ')} cannot be taken over: ${obstacle}`;
  for (const unit of foreign) held.place(`/files/${pointer(unitFile(unit))}`, summary);
  for (const { unit, name } of derived.verdicts.values()) held.unit(unit, name, summary);
  for (const { name } of desired.agents.values()) held.unit(agentUnit(name), name, summary);
  for (const fleet of desired.connectors.keys()) held.unit(connectorUnit(fleet), fleet, summary);
  held.unit(holderUnit, '', summary);
  held.diagnostics.push({
    severity: 'error',
    code: 'unit/foreign',
    summary,
    detail: 'What runs from unit files of somebody else has to end before they are overwritten, so they are left alone.',
    hint: 'Settle that first, or end it by hand; then try again with --adopt.',
  });
  return true;
}

function obstacleTo(held: Holds, { observation, verdicts }: Derived): string | null {
  const blind = whyNotTold(observation);
  if (blind !== null) return blind;
  const serverGoes = verdicts.get(holderUnit)?.foreignRun === true;
  for (const verdict of verdicts.values()) {
    const { unit, kind, foreignRun } = verdict;
    if (foreignRun && held.holdsUnit(unit)) return `${unit} runs and has to be left alone`;
    if (serverGoes && !foreignRun && kind === 'agent' && isRunning(verdict))
      return `${unit} may run in the tmux server that would end`;
  }
  return null;
}

/**
 * Ends every foreign run while its own unit files are in force: what they say about the end of a session is forgotten once ours
 * are read. Returns what the writing of files has to wait for, and what is then left to do.
 */
export function endForeignRuns(
  sheet: Sheet,
  units: readonly UnitTransition[],
): { readonly over: readonly string[]; readonly units: readonly UnitTransition[] } {
  const foreign = units.filter(isForeign).sort((a, b) => (a.unit < b.unit ? -1 : 1));
  const others = foreign.filter(({ kind }) => kind !== 'holder').flatMap((one) => sheet.unit(one, only(one, isEnding), {}));
  const holder = foreign.find(({ kind }) => kind === 'holder');
  const over = holder === undefined ? others : sheet.unit(holder, only(holder, isEnding), { first: others });
  const left = units.map((one) => (isForeign(one) ? { ...one, steps: only(one, (verb) => !isEnding(verb)) } : one));
  return { over, units: left.filter(({ steps }) => steps.length > 0) };
}

const isForeign = ({ verdict }: UnitTransition): boolean => verdict?.foreignRun === true;

const isEnding = (verb: UnitVerb): boolean => verb === 'stop' || verb === 'disable';

const only = ({ steps }: UnitTransition, which: (verb: UnitVerb) => boolean): readonly Step[] =>
  steps.filter(({ verb }) => which(verb));
