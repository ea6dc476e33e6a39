import type { Desired } from '../model/desired.ts';
import { agentTemplate, connectorTemplate, holderUnit, unitFile } from '../model/names.ts';
import type { Observation } from '../model/observation.ts';
import type { Verdict } from './derive.ts';
import { isRunning } from './roles.ts';

/** Unit files of our names that an earlier installation may have left. */
const inheritable = [agentTemplate, connectorTemplate, holderUnit] as const;

/** Those of them that desired state would write, and that exist without our marker. */
export function foreignUnitFiles(observation: Observation, desired: Desired): ReadonlySet<string> {
  const wanted = (unit: string): boolean => desired.state.files[unitFile(unit)] !== undefined;
  return new Set(inheritable.filter((unit) => wanted(unit) && foreignFile(unit, observation) !== null));
}

/** Where systemd finds a unit file of this name that is not ours: its path, or its name where it stands in place of ours. */
export function foreignFile(unit: string, { files, units }: Observation): string | null {
  const here = files.known ? files.value[unitFile(unit)] : undefined;
  if (here !== undefined) return here.ours || here.masked ? null : unit;
  return (units.known ? units.value[unit]?.ownFile : undefined) ?? null;
}

/** Why nobody can tell a run of somebody else's unit files from one of ours; `null` where it can be told. */
export function whyNotTold({ units, tmux, records }: Observation): string | null {
  for (const source of [units, tmux, records]) if (!source.known) return source.why;
  return null;
}

/**
 * Marks the runs that somebody else's unit files started: such a run has neither a record nor a session with our tag. Whatever
 * the unit is doing, it lacks what ours have, and has to end before one of ours can begin.
 */
export function markForeignRuns(verdicts: Map<string, Verdict>, observation: Observation, desired: Desired): void {
  const foreign = foreignUnitFiles(observation, desired);
  if (foreign.size === 0 || whyNotTold(observation) !== null) return;
  const holder = verdicts.get(holderUnit);
  const server = foreign.has(holderUnit) && holder !== undefined && isStrange(holder);
  if (server) mark(verdicts, holder);
  for (const verdict of [...verdicts.values()]) {
    if (verdict.kind === 'connector' && foreign.has(connectorTemplate) && isStrange(verdict)) mark(verdicts, verdict);
    if (verdict.kind !== 'agent' || hasSession(verdict, observation)) continue;
    // An agent without a session has none in a server that has to go, either, whatever it was started from.
    const stranded = server && isRunning(verdict) && !isFixed(verdict);
    if (stranded || (foreign.has(agentTemplate) && isStrange(verdict))) mark(verdicts, verdict);
  }
}

const mark = (verdicts: Map<string, Verdict>, verdict: Verdict): unknown =>
  verdicts.set(verdict.unit, { ...verdict, phase: 'sessionless', foreignRun: true });

const isStrange = (verdict: Verdict): boolean => isRunning(verdict) && verdict.record === null && !isFixed(verdict);

/** What is never touched is not taken over. */
const isFixed = ({ raw }: Verdict): boolean =>
  raw.ownFile !== undefined || raw.load === 'masked' || raw.enablement.startsWith('masked');

const hasSession = ({ name, raw }: Verdict, { tmux }: Observation): boolean =>
  tmux.known &&
  raw.invocation !== '' &&
  tmux.value.sessions.some(({ agent, incarnation }) => agent === name && incarnation === raw.invocation);
