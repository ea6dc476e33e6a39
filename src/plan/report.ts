import type { UnknownPlace } from '../model/plan.ts';
import type { ReportedAgent, Signs, StatusReport } from '../model/report.ts';
import type { Status, StatusAgent } from '../model/status.ts';

/** A status together with what was seen of each agent; places that could not be read are added to its own. */
export function reportOf(status: Status, signs: ReadonlyMap<string, Signs>, unknown: readonly UnknownPlace[]): StatusReport {
  const fleets = new Map(status.fleets.map((fleet) => [fleet.name, fleet]));
  // Field by field: to spread objects of this size costs ten times as much, and a fleet has many.
  const reported = (agent: StatusAgent): Required<ReportedAgent> => {
    const fleet = fleets.get(agent.fleet);
    const { activity, inbox, memory, cpu } = signs.get(agent.name) ?? absent(agent);
    return {
      fleet: agent.fleet,
      name: agent.name,
      class: agent.class,
      runtime: agent.runtime,
      desired: agent.desired,
      unit: agent.unit,
      session: agent.session,
      state: agent.state,
      since: agent.since,
      restarts: agent.restarts,
      drift: agent.drift,
      connector: fleet?.connector ?? 'unknown',
      connector_state: agent.class === 'orchestrator' ? (fleet?.connector_status.state ?? 'unknown') : null,
      activity,
      inbox,
      memory,
      cpu,
    };
  };
  return { ...status, agents: status.agents.map(reported), unknown: [...status.unknown, ...unknown] };
}

/** Of an agent without a unit there is nothing to see. */
const absent = ({ state, unit }: StatusAgent): Signs => ({
  activity: { state: state === 'unknown' ? 'unknown' : 'dead', source: 'unit', at: null, detail: `its unit is ${unit}` },
  inbox: null,
  memory: null,
  cpu: null,
});
