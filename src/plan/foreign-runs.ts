import type { Desired } from '../model/desired.ts';
import { agentTemplate, holderUnit, unitFile } from '../model/names.ts';
import type { Observation } from '../model/observation.ts';
import type { Verdict } from './derive.ts';
import { isRunning } from './roles.ts';

/** Unit files of our names that an earlier installation may have left. */
const inheritable = [agentTemplate, holderUnit] as const;

/** Those of them that desired state would write, and that exist without our marker. */
export function foreignUnitFiles({ files }: Observation, desired: Desired): ReadonlySet<string> {
  if (!files.known) return new Set();
  const found = files.value;
  const isForeign = (key: string): boolean => desired.state.files[key] !== undefined && found[key]?.ours === false;
  return new Set(inheritable.filter((unit) => isForeign(unitFile(unit))));
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
