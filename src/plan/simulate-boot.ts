import type { Desired } from '../model/desired.ts';
import { agentUnit, environmentFile, type FileKey, parseUnit } from '../model/names.ts';
import type { Action } from '../model/plan.ts';
import type { Fleet, Unit } from './simulate-host.ts';
import type { Case } from './simulate-rules.ts';
import type { SimulationStart, SimulationUnit } from './simulate-start.ts';

/** Who may come up as an orchestrator: whoever is to be one, was started as one, or rests as one. */
export function contendersOf(start: SimulationStart, desired: Desired): Case['contenders'] {
  const units = new Set<string>();
  const byFile = new Map<FileKey, string>();
  const note = (name: string, unit: string): void => {
    units.add(unit);
    byFile.set(environmentFile(name), unit);
  };
  for (const { name, class: role } of desired.agents.values()) if (role === 'orchestrator') note(name, agentUnit(name));
  start.units.forEach((state, unit) => {
    if (formerRole(state)?.class !== 'orchestrator') return;
    const parsed = parseUnit(unit);
    if (parsed?.kind === 'agent') note(parsed.name, unit);
  });
  return { units, byFile };
}

/** What would come up by itself if the power went at this moment: whoever is enabled, as its file on disk says. */
export function countBoot(judged: Case): void {
  for (const contender of judged.contenders.units) {
    const unit = judged.host.units.get(contender);
    if (unit !== undefined) settleBoot(judged, unit);
  }
}

/** Its enablement or its file has changed: never may two orchestrators of a fleet come up. */
export function judgeBoot(judged: Case, action: Action, unit: Unit): void {
  const fleet = settleBoot(judged, unit);
  if (fleet === null || fleet.booting < 2 || fleet.undone || isExchange(judged, unit, fleet)) return;
  judged.report('two-at-boot', fleet.name, action);
}

/** The fleet in which it would newly come up as orchestrator; `null`: none, or it would have before. */
function settleBoot(judged: Case, unit: Unit): Fleet | null {
  const next = bootsIn(judged, unit);
  if (next === unit.bootsIn) return null;
  if (unit.bootsIn !== null) unit.bootsIn.booting--;
  if (next !== null) next.booting++;
  unit.bootsIn = next;
  return next;
}

/** A file that is as desired makes it what is desired; one that is as it was at the start makes it what that says, or what it was started as. */
function bootsIn({ host, desired, atStart, contenders }: Case, unit: Unit): Fleet | null {
  const { name, agent, enabled, untilBoot, masked, foreign, start } = unit;
  if (!contenders.units.has(unit.unit) || !enabled || untilBoot || masked || foreign) return null;
  const key: FileKey = environmentFile(name);
  const former = formerRole(start);
  const file = host.files.get(key);
  if (file === undefined) return null;
  const role = file === desired.state.files[key] ? agent : file === atStart.get(key) ? former : null;
  if (role?.class !== 'orchestrator' || role.fleet === null) return null;
  return host.fleets.get(role.fleet) ?? null;
}

/** What it was at the start, or would have come up as. */
const formerRole = (start: SimulationUnit | null): Pick<SimulationUnit, 'class' | 'fleet'> | null => start?.rests ?? start;

/** Orchestrators of several fleets change places in a circle: each would have to wait for the next one. */
function isExchange({ host }: Case, unit: Unit, { name }: Fleet): boolean {
  const seen = new Set<string>();
  for (let fleet: string | null = name; fleet !== null && !seen.has(fleet); ) {
    seen.add(fleet);
    const from: string = fleet;
    const former = [...host.units.values()].find(({ start }) => {
      const role = formerRole(start);
      return role?.class === 'orchestrator' && role.fleet === from;
    });
    if (former === undefined) return false;
    if (former === unit) return true;
    const next = former.agent;
    fleet = next?.class === 'orchestrator' && next.running ? next.fleet : null;
  }
  return false;
}
