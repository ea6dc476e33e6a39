import type { Condition, ConditionType, Suspension } from '../model/controller.ts';
import type { Desired, DesiredAgent, DesiredFleet } from '../model/desired.ts';
import { agentUnit, connectorOf, connectorUnit, holderUnit, ownerOf, parseUnit } from '../model/names.ts';
import type { Action, UnknownPlace } from '../model/plan.ts';
import { connectorStatus, orchestratorDown } from '../plan/connector-state.ts';
import { isMasked, isMaskedFile, maskInTheWay } from '../plan/masks.ts';
import { pointer, unescapePointer } from '../plan/pointer.ts';
import { isFloorClass } from '../plan/roles.ts';
import type { Assessment } from './assess.ts';
import type { Floor } from './floor.ts';
import type { Memory } from './memory.ts';

export interface ConditionInput {
  readonly desired: Desired;
  readonly assessment: Assessment;
  readonly floors: readonly Floor[];
  readonly suspensions: readonly Suspension[];
  readonly violations: readonly string[];
  readonly memory: Memory;
  /** RFC 3339, UTC. */
  readonly at: string;
}

type Told = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>;

/** What holds of each fleet now, and since when. */
export function conditionsOf(input: ConditionInput): ReadonlyMap<string, readonly Condition[]> {
  const { desired, memory, at } = input;
  return new Map(
    desired.fleets.map((fleet) => {
      const before = memory.conditions.get(fleet.name) ?? [];
      const told = [
        admitted(memory),
        reconciled(fleet, input),
        healthy(fleet, input),
        floorHeld(fleet, input),
        connectorReady(fleet, input),
        suspended(fleet, input),
      ];
      return [fleet.name, told.map((one) => since(one, before, memory.record.admitted, at))];
    }),
  );
}

function since(told: Told, before: readonly Condition[], revision: string | null, at: string): Condition {
  const last = before.find(({ type }) => type === told.type);
  return { ...told, since: last?.status === told.status ? last.since : at, observed_revision: revision };
}

const condition = (type: ConditionType, status: Condition['status'], reason: string, message: string): Told => ({
  type,
  status,
  reason,
  message,
});

function admitted({ attempt }: Memory): Told {
  const why = attempt?.diagnostics.find(({ severity }) => severity === 'error')?.summary ?? '';
  switch (attempt?.outcome) {
    case 'admitted':
      return condition('Admitted', 'True', 'Admitted', '');
    case 'denied':
      return condition('Admitted', 'False', 'Denied', why);
    case 'quarantined':
      return condition('Admitted', 'False', 'Quarantined', 'it broke the floor; the last good revision is in force');
    default:
      return condition('Admitted', 'Unknown', 'Unreadable', why);
  }
}

function reconciled({ name }: DesiredFleet, input: ConditionInput): Told {
  const { desired, violations, assessment } = input;
  const { changes, observation } = assessment;
  const own = (action: Action): boolean =>
    action.kind === 'connector'
      ? action.name === name
      : action.name === null || (desired.agents.get(action.name)?.fleet ?? name) === name;
  if (!observation.units.known) return condition('Reconciled', 'Unknown', 'Unreadable', observation.units.why);
  if (violations.length > 0) return condition('Reconciled', 'False', 'UnsafePlan', violations.join('; '));
  const wanted = changes.unknown.filter(({ path }) => isWanted(path, name, desired));
  const held = [...wanted, ...backedOff(name, input).filter(({ path }) => !wanted.some((one) => one.path.startsWith(path)))];
  const actions = changes.actions.filter(own);
  if (actions.length > 0)
    return condition(
      'Reconciled',
      'False',
      'Progressing',
      `${actions.length} ${actions.length === 1 ? 'action' : 'actions'} to go: ${some(actions.map(({ id }) => id))}`,
    );
  const waiting = changes.waiting.filter((unit) => isOfFleet(unit, name, desired));
  if (waiting.length > 0) return condition('Reconciled', 'False', 'Starting', `coming up: ${some(waiting)}`);
  if (held.length > 0) return condition('Reconciled', 'False', 'HeldBack', `left alone: ${some(leftAlone(held), '; ')}`);
  return condition('Reconciled', 'True', 'UpToDate', '');
}

/** What waits after a failure: of this fleet, or nobody's here, such as a file of an agent that left. */
function backedOff(fleet: string, { desired, assessment: { held } }: ConditionInput): readonly UnknownPlace[] {
  return [...held].flatMap(([resource, why]) => {
    const unit = parseUnit(resource);
    const [agent, served] = [unit?.kind === 'agent' ? unit.name : ownerOf(resource), connectorOf(resource)];
    const owner = unit?.kind === 'connector' ? unit.name : (served ?? (agent === null ? null : desired.agents.get(agent)?.fleet));
    if (owner != null && owner !== fleet && desired.fleets.some(({ name }) => name === owner)) return [];
    const place = `/${unit === null ? 'files' : 'units'}/${pointer(resource)}`;
    return [{ path: resource.startsWith('/') ? resource : place, why }];
  });
}

/** By reason, whom it keeps. */
function leftAlone(held: readonly UnknownPlace[]): readonly string[] {
  const names = new Map<string, string[]>();
  for (const { path, why } of held) names.set(why, [...(names.get(why) ?? []), subjectAt(path)]);
  return [...names].map(([why, subjects]) => `${some(subjects)} (${why})`);
}

function subjectAt(path: string): string {
  const [, section = '', key] = path.split('/');
  if (key === undefined) return section === 'linger' ? 'lingering' : `all ${section}`;
  return parseUnit(key)?.name || unescapePointer(key);
}

function isWanted(path: string, fleet: string, desired: Desired): boolean {
  const [, section, key] = path.split('/');
  if (key === undefined) return true;
  return section === 'units' && isOfFleet(key, fleet, desired);
}

const isOfFleet = (unit: string, fleet: string, desired: Desired): boolean =>
  unit === connectorUnit(fleet) || agentsOf(fleet, desired).some(({ name }) => agentUnit(name) === unit);

function healthy({ name }: DesiredFleet, { desired, assessment: { derived } }: ConditionInput): Told {
  if (!derived.observation.units.known) return condition('Healthy', 'Unknown', 'Unreadable', derived.observation.units.why);
  const down = agentsOf(name, desired).filter((agent) => agent.running && !isLive(agent, derived) && !isDone(agent, derived));
  if (down.length > 0) return condition('Healthy', 'False', 'AgentsDown', `not live: ${some(down.map((agent) => agent.name))}`);
  const doomed = maskedBelow(
    agentsOf(name, desired).filter(({ running }) => running),
    derived,
  );
  if (doomed.length === 0) return condition('Healthy', 'True', 'AllLive', '');
  return condition(
    'Healthy',
    'True',
    'Masked',
    `all live; masked by hand, so that what ends does not come back: ${some(doomed)}`,
  );
}

/** What of these agents, or below them all, does not come back once it ends. */
function maskedBelow(agents: readonly DesiredAgent[], { verdicts, observation }: Assessment['derived']): readonly string[] {
  const holder = isMaskedFile(holderUnit, observation) || isMasked(verdicts.get(holderUnit)) ? [holderUnit] : [];
  return [...holder, ...agents.filter(({ name }) => isMasked(verdicts.get(agentUnit(name)))).map(({ name }) => name)];
}

const isLive = ({ name }: DesiredAgent, { verdicts }: Assessment['derived']): boolean =>
  verdicts.get(agentUnit(name))?.phase === 'live';

const isDone = ({ name, lifecycle, config }: DesiredAgent, { observation: { completed } }: Assessment['derived']): boolean =>
  lifecycle === 'ephemeral' && completed.known && completed.value[name] === config;

function floorHeld({ name, waived }: DesiredFleet, { desired, floors, assessment: { derived } }: ConditionInput): Told {
  const floor = floors.find(({ fleet }) => fleet === name);
  if (waived) return condition('FloorHeld', 'Unknown', 'Waived', floor?.message ?? '');
  const common = maskInTheWay(derived);
  const own = maskedBelow(
    agentsOf(name, desired).filter((agent) => isFloorClass(agent.class)),
    derived,
  );
  const masked = [...(common === null ? [] : [common]), ...own.filter((name) => name !== holderUnit)];
  const doomed = own.length === 0 ? '' : `; masked by hand, so that what ends does not come back: ${some(own)}`;
  switch (floor?.state) {
    case 'stable':
    case 'held':
      return condition('FloorHeld', 'True', floor.state === 'stable' ? 'Stable' : 'Live', `${floor.message}${doomed}`);
    case 'broken':
      return condition(
        'FloorHeld',
        'False',
        masked.length > 0 ? 'Masked' : 'NotLive',
        masked.length > 0 ? `masked by hand: ${some(masked)}` : floor.message,
      );
    case 'exempt':
      return condition('FloorHeld', 'Unknown', 'Suspended', floor.message);
    default:
      return condition('FloorHeld', 'Unknown', 'Unreadable', floor?.message ?? '');
  }
}

function connectorReady({ name, connector: kind }: DesiredFleet, { desired, assessment: { derived } }: ConditionInput): Told {
  const { state, reason, detail, remedy } = connectorStatus(name, desired, derived);
  const message = [kind, ...[detail, remedy].filter((text) => text !== null && text !== '')].join(': ');
  switch (state) {
    case 'none':
      return condition('ConnectorReady', 'Unknown', 'NoOrchestrator', '');
    case 'unknown':
      return condition('ConnectorReady', 'Unknown', 'Unreadable', message);
    case 'silent':
      return condition('ConnectorReady', 'Unknown', 'Silent', message);
    case 'ready':
      return reason === orchestratorDown
        ? condition('ConnectorReady', 'False', 'OrchestratorDown', message)
        : condition('ConnectorReady', 'True', 'Ready', message);
    case 'unhealthy':
      return condition('ConnectorReady', 'False', camelCase(reason ?? 'unhealthy'), message);
    case 'starting':
    case 'failed':
    case 'masked':
      return condition('ConnectorReady', 'False', camelCase(state), message);
    case 'stopping':
    case 'stopped':
      return condition('ConnectorReady', 'False', 'Stopped', message);
  }
}

/** What a bridge calls a problem, as conditions have it: `hand-over-failing` is `HandOverFailing`. */
const camelCase = (words: string): string => words.replace(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());

function suspended({ name }: DesiredFleet, { desired, suspensions, assessment: { derived } }: ConditionInput): Told {
  const fleetOf = (agent: string): string | undefined =>
    desired.agents.get(agent)?.fleet ?? derived.verdicts.get(agentUnit(agent))?.record?.fleet;
  const own = suspensions.filter((one) => (one.kind === 'fleet' ? one.name === name : fleetOf(one.name) === name));
  if (own.length === 0) return condition('Suspended', 'False', 'NotSuspended', '');
  return condition(
    'Suspended',
    'True',
    own.some(({ kind }) => kind === 'fleet') ? 'Fleet' : 'Agents',
    own.map(describe).join('; '),
  );
}

const describe = ({ kind, name, by, reason }: Suspension): string =>
  `${kind === 'fleet' ? 'the whole fleet' : name} by ${by}${reason === null ? '' : `: ${reason}`}`;

const agentsOf = (fleet: string, { agents }: Desired): readonly DesiredAgent[] =>
  [...agents.values()].filter((agent) => agent.fleet === fleet);

const some = (names: readonly string[], between = ', '): string =>
  names.length <= 5 ? names.join(between) : `${names.slice(0, 5).join(between)} and ${names.length - 5} more`;
