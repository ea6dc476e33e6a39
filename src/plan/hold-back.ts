import type { Desired, DesiredAgent } from '../model/desired.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import {
  agentDropIn,
  agentTemplate,
  agentUnit,
  connectorTemplate,
  environmentFile,
  holderUnit,
  launcherFile,
  parseUnit,
  supervisorFile,
  unitFile,
} from '../model/names.ts';
import type { ObservedSession } from '../model/observation.ts';
import type { UnknownPlace } from '../model/plan.ts';
import type { Derived, Verdict } from './derive.ts';
import { foreignFile } from './foreign-runs.ts';
import { holdFloor } from './hold-floor.ts';
import { pointer } from './pointer.ts';
import { isRunning } from './roles.ts';
import { holdTakeOver } from './take-over.ts';

export interface HoldOptions {
  /** The roster directory holds no roster at all: that removes nothing. */
  readonly rosterless?: boolean;
  /** Take over units of our names that are not marked as ours, and prune a host on which no revision is recorded. */
  readonly adopt: boolean;
}

/** Places that are known and yet must not be touched, each with its reason; findings for those that stand in the way. */
export interface HeldBack {
  readonly places: readonly UnknownPlace[];
  readonly diagnostics: readonly Diagnostic[];
}

export function holdBack(desired: Desired, derived: Derived, options: HoldOptions): HeldBack {
  const held = new Holds();
  holdBlind(held, desired, derived);
  holdForeignTemplates(held, desired, derived, options);
  holdForeignConnectors(held, desired, derived);
  holdForeignFiles(held, desired, derived, options);
  holdStrayServer(held, desired, derived);
  holdMaskedAndForeignUnits(held, desired, derived);
  holdForeignSessions(held, desired, derived);
  holdMissingPrograms(held, desired, derived);
  holdUnadopted(held, desired, derived, options);
  holdFloor(held, desired, derived);
  if (holdTakeOver(held, desired, derived, options)) holdFloor(held, desired, derived);
  return { places: held.places(), diagnostics: held.diagnostics };
}

/** Collects what is held; an agent's unit takes its session along, and its own files: from them systemd starts it again after a crash. */
export class Holds {
  readonly diagnostics: Diagnostic[] = [];
  readonly #places = new Map<string, string>();
  readonly #units = new Set<string>();

  unit(unit: string, name: string, why: string): void {
    this.#units.add(unit);
    this.place(`/units/${pointer(unit)}`, why);
    if (unit !== agentUnit(name)) return;
    this.place(`/sessions/${pointer(name)}`, why);
    this.place(`/files/${pointer(environmentFile(name))}`, why);
    this.place(`/files/${pointer(agentDropIn(name))}`, why);
  }

  place(path: string, why: string): void {
    if (!this.#places.has(path)) this.#places.set(path, why);
  }

  holdsUnit(unit: string): boolean {
    return this.#units.has(unit);
  }

  get size(): number {
    return this.#places.size;
  }

  places(): UnknownPlace[] {
    return [...this.#places].map(([path, why]) => ({ path, why }));
  }
}

/**
 * Nothing is brought up while the files that it would start with, or the tmux that it would start in, cannot be read. Without
 * files nobody knows, besides, whether the units here are ours.
 */
function holdBlind(held: Holds, desired: Desired, derived: Derived): void {
  const { files, tmux } = derived.observation;
  const blind = !files.known ? files : !tmux.known ? tmux : null;
  if (blind === null) return;
  const wanted = [holderUnit, ...[...desired.agents.keys()].map(agentUnit)];
  for (const unit of files.known ? wanted : new Set([...wanted, ...derived.verdicts.keys()])) {
    const verdict = derived.verdicts.get(unit);
    if (files.known && verdict !== undefined && staysAsItIs(verdict, desired)) continue;
    held.unit(unit, verdict?.name ?? parseUnit(unit)?.name ?? '', blind.why);
  }
}

const staysAsItIs = (verdict: Verdict, desired: Desired): boolean =>
  isRunning(verdict) && (verdict.record === null || verdict.record.config === desired.state.units[verdict.unit]?.config);

/** This version writes no unit file for connectors: where none is ours, whatever has their kind of name is somebody else's. */
function holdForeignConnectors(held: Holds, desired: Desired, derived: Derived): void {
  const { files } = derived.observation;
  const key = unitFile(connectorTemplate);
  const isOurs = desired.state.files[key] !== undefined || (files.known && files.value[key]?.ours === true);
  if (isOurs && foreignFile(connectorTemplate, derived.observation) === null) return;
  for (const verdict of derived.verdicts.values()) {
    if (verdict.kind === 'connector') held.unit(verdict.unit, verdict.name, 'its unit file was not written by muster');
  }
}

function holdForeignTemplates(held: Holds, desired: Desired, derived: Derived, { adopt }: HoldOptions): void {
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

function holdForeignFiles(held: Holds, desired: Desired, derived: Derived, { adopt }: HoldOptions): void {
  if (!derived.observation.files.known) return;
  const files = derived.observation.files.value;
  for (const key of Object.keys(derived.state.files)) {
    const file = files[key];
    const wanted = desired.state.files[key];
    if (file === undefined) continue;
    if (Number.parseInt(file.format ?? '1', 10) > 1) {
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

/** Whoever would start from a file that stays as it is; every agent starts from what is nobody's own. */
function holdUsersOf(held: Holds, desired: Desired, key: string, why: string): void {
  const shared = [unitFile(agentTemplate), unitFile(holderUnit), supervisorFile, launcherFile].includes(key);
  if (shared) held.unit(holderUnit, '', why);
  for (const agent of desired.agents.values()) {
    if (shared || agent.files.includes(key)) held.unit(agentUnit(agent.name), agent.name, why);
  }
}

/** While the holder rests, a server on its socket is somebody else's: our holder would join it, and its end would end their sessions. */
function holdStrayServer(held: Holds, desired: Desired, derived: Derived): void {
  const { tmux } = derived.observation;
  const holder = derived.verdicts.get(holderUnit);
  const wanted = desired.state.units[holderUnit]?.active === true;
  if (!wanted || !tmux.known || !tmux.value.server || (holder !== undefined && isRunning(holder))) return;
  const why = `a tmux server that is not muster's runs on socket ${tmux.value.socket}`;
  held.unit(holderUnit, '', why);
  for (const agent of desired.agents.values()) held.unit(agentUnit(agent.name), agent.name, why);
  held.diagnostics.push({
    severity: 'error',
    code: 'tmux/foreign-server',
    summary: why,
    detail: `What runs in it would end with it, so it is left alone and no agent is started.`,
    hint: `Look at it (tmux -L ${tmux.value.socket} ls), end it (tmux -L ${tmux.value.socket} kill-server), or choose another tmux.socket_name.`,
  });
}

function holdMaskedAndForeignUnits(held: Holds, desired: Desired, derived: Derived): void {
  for (const verdict of derived.verdicts.values()) {
    const wanted = desired.state.units[verdict.unit];
    const masked = verdict.raw.load === 'masked' || verdict.raw.enablement.startsWith('masked');
    if (!masked && verdict.raw.ownFile === undefined) continue;
    held.unit(verdict.unit, verdict.name, masked ? 'masked by hand' : `has a unit file of its own: ${verdict.raw.ownFile}`);
    if (wanted?.active !== true && wanted?.enabled !== true) continue;
    held.diagnostics.push(masked ? maskedFinding(verdict, desired) : foreignFinding(verdict, desired));
  }
}

const maskedFinding = (verdict: Verdict, desired: Desired): Diagnostic => ({
  severity: 'error',
  code: 'unit/masked',
  summary: `${verdict.unit} is masked on this host`,
  detail: 'Somebody masked it by hand; a mask is respected and never lifted by muster.',
  hint: `Lift it (systemctl --user unmask ${verdict.unit}), or set state: stopped in the roster.`,
  ...placeOf(desired.agents.get(verdict.name)),
});

const foreignFinding = (verdict: Verdict, desired: Desired): Diagnostic => ({
  severity: 'error',
  code: 'unit/foreign',
  summary: `${verdict.unit} has a unit file of its own that is not muster's`,
  detail: `${verdict.raw.ownFile} takes the place of the template; it is left alone.`,
  hint: 'Rename the agent in the roster, or move that unit file away.',
  ...placeOf(desired.agents.get(verdict.name)),
});

const placeOf = (agent: DesiredAgent | undefined): Pick<Diagnostic, 'place'> =>
  agent === undefined ? {} : { place: agent.place };

function holdForeignSessions(held: Holds, desired: Desired, derived: Derived): void {
  for (const session of foreignSessions(derived)) {
    const agent = desired.agents.get(session.name);
    const verdict = derived.verdicts.get(agentUnit(session.name));
    // What runs from somebody else's unit files is ended as these say, and its session with it.
    if (agent?.running !== true || verdict?.phase === 'live' || verdict?.foreignRun) continue;
    held.unit(agentUnit(agent.name), agent.name, `a tmux session named ${agent.name} is not muster's`);
    held.diagnostics.push({
      severity: 'error',
      code: 'session/foreign',
      summary: `a tmux session named ${agent.name} exists and is not muster's`,
      detail: 'It is never touched, so the agent of that name cannot start.',
      hint: `Rename it (tmux rename-session -t =${agent.name} NEW) or end it, or rename the agent in the roster.`,
      place: agent.place,
    });
  }
}

function foreignSessions(derived: Derived): readonly ObservedSession[] {
  const { tmux } = derived.observation;
  return tmux.known ? tmux.value.sessions.filter((session) => session.agent === '') : [];
}

/** A program is looked for before anything is ended for it, not when its unit fails. */
function holdMissingPrograms(held: Holds, desired: Desired, derived: Derived): void {
  if (!derived.observation.programs.known) return;
  const found = derived.observation.programs.value;
  for (const agent of desired.agents.values()) {
    if (!agent.running || found[agent.name] !== null) continue;
    const verdict = derived.verdicts.get(agentUnit(agent.name));
    if (verdict?.phase === 'live' && verdict.record?.config === agent.config) continue;
    held.unit(agentUnit(agent.name), agent.name, `${agent.program.command} is not on the unit's PATH`);
    held.diagnostics.push({
      severity: 'error',
      code: 'runtime/missing',
      summary: `${agent.program.command}, the program of runtime ${agent.runtime}, is not on the PATH of agent ${agent.name}'s unit`,
      detail: agent.program.command.includes('/')
        ? 'A command with a slash is taken as it is; ~ is not expanded in it.'
        : `The PATH of a user unit is not that of your shell; ${agent.program.path === null ? 'it comes from the user manager' : `the roster sets it to ${agent.program.path}`}.`,
      hint: `Install it into ~/.local/bin or /usr/local/bin, or give the runtime in the roster an absolute command.`,
      place: agent.place,
    });
  }
}

/** Until a revision is recorded here, an agent that no roster names may be somebody's work. */
function holdUnadopted(held: Holds, desired: Desired, derived: Derived, options: HoldOptions): void {
  const why = whyNothingGoes(derived, options);
  if (why === null) return;
  const names: string[] = [];
  for (const verdict of derived.verdicts.values()) {
    if (desired.state.units[verdict.unit] !== undefined || verdict.kind === 'holder') continue;
    held.unit(verdict.unit, verdict.name, why);
    const here = derived.state.units[verdict.unit];
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
  for (const key of Object.keys(derived.state.files)) {
    if (desired.state.files[key] === undefined && !rostered.has(key)) held.place(`/files/${pointer(key)}`, why);
  }
}
