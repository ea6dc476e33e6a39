import type { Desired } from '../model/desired.ts';
import { agentUnit, connectorUnit } from '../model/names.ts';
import type { ObservedConnector } from '../model/observation.ts';
import type { ConnectorState, StatusConnector } from '../model/status.ts';
import type { Derived, Verdict } from './derive.ts';
import { isMasked } from './masks.ts';

/** The reason of a connector that is well while nobody reads what it brings. */
export const orchestratorDown = 'orchestrator-down';

/** What can be said of the connector of a fleet now: of its unit, and of what it tells of itself. */
export function connectorStatus(fleet: string, desired: Desired, derived: Derived): StatusConnector {
  const connector = desired.connectors.get(fleet);
  if (connector === undefined) return told('none', 'the fleet has no orchestrator');
  const { units, connectors } = derived.observation;
  if (!units.known) return told('unknown', units.why);
  const verdict = derived.verdicts.get(connectorUnit(fleet));
  if (verdict !== undefined && isMasked(verdict)) return told('masked', `${verdict.unit} is masked by hand`);
  if (verdict?.phase !== 'live') return told(restOf(verdict), `${connectorUnit(fleet)} is ${verdict?.raw.active ?? 'absent'}`);
  if (connectors?.known === false) return told('unknown', connectors.why);
  const health = connectors?.value[fleet];
  if (health === undefined || health.invocation !== verdict.raw.invocation || !health.fresh)
    return told('silent', 'it runs, and has told nothing of itself for half a minute');
  return healthOf(health, downOrchestrator(fleet, desired, derived));
}

const told = (state: ConnectorState, detail: string, more: Partial<StatusConnector> = {}): StatusConnector => ({
  state,
  reason: null,
  detail,
  remedy: null,
  waiting_in: null,
  waiting_out: null,
  ...more,
});

function restOf(verdict: Verdict | undefined): ConnectorState {
  switch (verdict?.phase) {
    case 'starting':
    case 'stopping':
    case 'failed':
    case 'unknown':
      return verdict.phase;
    default:
      return 'stopped';
  }
}

/** Messages have to get through, and somebody has to be there who reads them. */
function healthOf({ healthy, problems, waiting }: ObservedConnector, down: string | null): StatusConnector {
  const more = { waiting_in: waiting.inbound, waiting_out: waiting.outbound };
  const problem = problems.find(({ blocking }) => blocking || healthy);
  if (!healthy) {
    const { reason = 'unknown', detail = '', remedy = null } = problem ?? {};
    return told('unhealthy', detail, { ...more, reason, remedy });
  }
  if (down !== null) return told('ready', `${down} is not live: what is said to it waits`, { ...more, reason: orchestratorDown });
  if (problem === undefined) return told('ready', '', more);
  return told('ready', problem.detail, { ...more, reason: problem.reason, remedy: problem.remedy });
}

function downOrchestrator(fleet: string, { agents }: Desired, { verdicts }: Derived): string | null {
  const orchestrator = [...agents.values()].find((agent) => agent.fleet === fleet && agent.class === 'orchestrator');
  if (orchestrator === undefined || verdicts.get(agentUnit(orchestrator.name))?.phase === 'live') return null;
  return orchestrator.name;
}
