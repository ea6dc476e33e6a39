import type { Desired } from '../model/desired.ts';
import {
  agentTemplate,
  agentUnit,
  connectorFile,
  connectorTemplate,
  connectorUnit,
  holderUnit,
  launcherFile,
  supervisorFile,
  unitFile,
} from '../model/names.ts';
import type { Derived } from './derive.ts';
import { foreignFile } from './foreign-runs.ts';
import type { HoldOptions, Holds } from './holds.ts';
import { pointer } from './pointer.ts';

/** Where the template of connectors is not ours, whatever has its kind of name is somebody else's. */
export function holdForeignConnectors(held: Holds, desired: Desired, derived: Derived, { adopt }: HoldOptions): void {
  const { files } = derived.observation;
  const key = unitFile(connectorTemplate);
  const isOurs = desired.state.files[key] !== undefined || (files.known && files.value[key]?.ours === true);
  const isForeign = foreignFile(connectorTemplate, derived.observation) !== null;
  if (isOurs && (!isForeign || adopt)) return;
  const why = 'its unit file was not written by muster';
  for (const { kind, unit, name } of derived.verdicts.values()) if (kind === 'connector') held.unit(unit, name, why);
  if (isForeign) for (const fleet of desired.connectors.keys()) held.unit(connectorUnit(fleet), fleet, why);
}

export function holdForeignTemplates(held: Holds, desired: Desired, derived: Derived, { adopt }: HoldOptions): void {
  if (!derived.observation.files.known || adopt) return;
  for (const unit of [agentTemplate, holderUnit]) {
    const foreign = foreignFile(unit, derived.observation);
    if (foreign === null) continue;
    const why = `${unit} on this host was not written by muster`;
    held.place(`/files/${pointer(unitFile(unit))}`, why);
    for (const verdict of derived.verdicts.values()) held.unit(verdict.unit, verdict.name, why);
    for (const agent of desired.agents.values()) held.unit(agentUnit(agent.name), agent.name, why);
    held.unit(holderUnit, '', why);
    held.diagnostics.push({
      severity: 'error',
      code: 'unit/foreign',
      summary: `${foreign} exists on this host and is not marked as muster's`,
      detail: 'None of its instances is touched, so nothing of the rosters can be carried out here.',
      hint: 'See what taking it over would do: muster plan --adopt. Or move that unit file away.',
    });
  }
}

export function holdForeignFiles(held: Holds, desired: Desired, derived: Derived, { adopt }: HoldOptions): void {
  if (!derived.observation.files.known) return;
  const files = derived.observation.files.value;
  for (const key of derived.state.files.keys) {
    const file = files[key];
    const wanted = desired.state.files[key];
    if (file === undefined) continue;
    if (file.format !== undefined && Number.parseInt(file.format, 10) > 1) {
      held.place(`/files/${pointer(key)}`, `written in format ${file.format} by a newer muster`);
      held.diagnostics.push({
        severity: 'error',
        code: 'file/newer-format',
        summary: `${key} is written in format ${file.format}, which this version does not know`,
        detail: 'A file of a newer format is never rewritten.',
        hint: 'Use the newer muster on this host, or remove the file.',
      });
      if (wanted !== undefined) holdUsersOf(held, desired, key, `${key} is written by a newer muster`);
    } else if (!file.ours && wanted !== undefined && wanted !== file.digest && !adopt) {
      holdForeignFile(held, desired, key);
    }
  }
}

function holdForeignFile(held: Holds, desired: Desired, key: string): void {
  if (key === unitFile(agentTemplate) || key === unitFile(holderUnit)) return;
  held.place(`/files/${pointer(key)}`, 'not written by muster');
  holdUsersOf(held, desired, key, `${key} was not written by muster`);
  held.diagnostics.push({
    severity: 'error',
    code: 'file/foreign',
    summary: `${key} exists on this host and is not marked as muster's`,
    detail: 'It is left as it is.',
    hint: 'Take it over with --adopt (muster plan --adopt shows what that does), or move the file away.',
  });
}

/** Whoever would start from a file that stays as it is; every agent starts from what is nobody's own, and every connector. */
function holdUsersOf(held: Holds, desired: Desired, key: string, why: string): void {
  const shared = [unitFile(agentTemplate), unitFile(holderUnit), supervisorFile, launcherFile].includes(key);
  if (shared) held.unit(holderUnit, '', why);
  const isOfConnectors = key === launcherFile || key === unitFile(connectorTemplate);
  for (const fleet of desired.connectors.keys()) {
    if (isOfConnectors || key === connectorFile(fleet)) held.unit(connectorUnit(fleet), fleet, why);
  }
  for (const agent of desired.agents.values()) {
    if (shared || agent.files.includes(key)) held.unit(agentUnit(agent.name), agent.name, why);
  }
}
