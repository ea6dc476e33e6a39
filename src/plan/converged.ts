import type { Desired } from '../model/desired.ts';
import { known } from '../model/known.ts';
import { parseUnit } from '../model/names.ts';
import type { HostFacts, Observation, ObservedSession, ObservedUnit, StartRecord } from '../model/observation.ts';

/** What a look at a host would say that had converged on `desired`: what `plan --base` compares with. */
export function convergedOn(desired: Desired, revision: string, facts: HostFacts): Observation {
  const units: Record<string, ObservedUnit> = {};
  const records: Record<string, StartRecord> = {};
  const sessions: ObservedSession[] = [];
  for (const [unit, { enabled, active, config }] of Object.entries(desired.state.units)) {
    units[unit] = observedUnit(enabled, active, unit);
    if (!active || config === null) continue;
    const { kind, name = '' } = parseUnit(unit) ?? {};
    const agent = kind === 'agent' ? desired.agents.get(name) : undefined;
    const connector = kind === 'connector' ? desired.connectors.get(name) : undefined;
    records[unit] = {
      invocation: unit,
      config,
      units: agent === undefined ? config : desired.units,
      fleet: agent?.fleet ?? '',
      class: agent?.class ?? '',
      session: '$0',
      ...(connector === undefined ? {} : { kind: connector.kind }),
    };
    if (agent !== undefined) {
      sessions.push({
        id: `$${sessions.length + 1}`,
        name: agent.name,
        agent: agent.name,
        incarnation: unit,
        alive: true,
        pid: 0,
        created: 0,
      });
    }
  }
  const fleets = desired.fleets.map(({ name }) => [
    name,
    [...desired.agents.values()].filter(({ fleet }) => fleet === name).map((one) => one.name),
  ]);
  const { state } = desired;
  return {
    format_version: '1.0',
    facts,
    linger: known(state.linger),
    files: known(Object.fromEntries(Object.entries(state.files).map(([key, digest]) => [key, { digest, ours: true }]))),
    units: known(units),
    tmux: known({ socket: desired.tmux.socket, server: sessions.length > 0, sessions }),
    records: known(records),
    stale: known(false),
    completed: known({}),
    programs: known({}),
    admitted: known({
      format_version: '1.0',
      revision,
      source: null,
      fleets: Object.fromEntries(fleets),
      state,
      at: '1970-01-01T00:00:00Z',
    }),
  };
}

const observedUnit = (enabled: boolean, active: boolean, invocation: string): ObservedUnit => ({
  load: 'loaded',
  active: active ? 'active' : 'inactive',
  sub: active ? 'running' : 'dead',
  enablement: enabled ? 'enabled' : 'disabled',
  invocation: active ? invocation : '',
});
