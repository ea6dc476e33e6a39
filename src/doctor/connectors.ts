import type { Finding } from '../model/doctor.ts';
import type { FleetRosters } from '../model/doctor-ports.ts';
import type { Known } from '../model/known.ts';
import type { ObservedTmux } from '../model/observation.ts';
import type { Point } from './point.ts';

export interface ConnectorFacts {
  readonly from: FleetRosters['from'];
  readonly fleets: Known<readonly FleetConnector[]>;
}

export interface FleetConnector {
  readonly fleet: string;
  readonly kind: string;
  readonly reach: Known<Reach>;
}

/** What a kind of connector found out about its channel. */
export type Reach = { readonly reached: true; readonly how: string } | { readonly reached: false; readonly why: string };

export const connectors: Point<ConnectorFacts> = {
  id: 'connector',
  group: 'fleet',
  gather: async ({ fleet }) => {
    const { from, desired } = await fleet.rosters();
    if (!desired.known) return { from, fleets: desired };
    const { fleets, tmux } = desired.value;
    if (fleets.length === 0) return { from, fleets: { known: true, value: [] } };
    const served = await fleet.sessions(tmux.socket).then(
      (value): Known<ObservedTmux> => ({ known: true, value }),
      (error: unknown): Known<ObservedTmux> => ({ known: false, why: error instanceof Error ? error.message : String(error) }),
    );
    return {
      from,
      fleets: {
        known: true,
        value: fleets.map(({ name, connector }) => ({ fleet: name, kind: connector, reach: reachOf(connector, from, served) })),
      },
    };
  },
  judge: ({ from, fleets }) => {
    if (!fleets.known) return [{ state: 'unchecked', finding: 'not known which connectors there are', detail: fleets.why }];
    if (fleets.value.length === 0)
      return [
        {
          state: 'unchecked',
          finding: 'no fleet, no connector',
          detail: from === 'none' ? 'No rosters are in force, and none are here.' : 'The rosters name no fleet for this host.',
        },
      ];
    return fleets.value.map(judged);
  },
};

/** A place for each kind. tmux has no bridge: the orchestrator's pane is the channel. */
function reachOf(kind: string, from: FleetRosters['from'], served: Known<ObservedTmux>): Known<Reach> {
  if (kind !== 'tmux') return { known: false, why: `This version cannot ask a connector of kind ${kind}.` };
  if (!served.known) return served;
  const { socket, server } = served.value;
  if (server) return { known: true, value: { reached: true, how: `the tmux server on socket ${socket} answers` } };
  if (from === 'here') return { known: true, value: { reached: true, how: 'there is no server yet: the first apply starts it' } };
  return { known: true, value: { reached: false, why: `no tmux server is on socket ${socket}` } };
}

function judged({ fleet, kind, reach }: FleetConnector): Finding {
  const named = `${fleet} by ${kind}`;
  if (!reach.known) return { about: fleet, state: 'unchecked', finding: named, detail: reach.why };
  if (reach.value.reached) return { about: fleet, state: 'ok', finding: `${named}: ${reach.value.how}` };
  return {
    about: fleet,
    state: 'failing',
    finding: `${named}: ${reach.value.why}`,
    detail: 'It is started by its unit; a plan says what stands in its way.',
    mend: ['muster plan', 'systemctl --user status mosaic-tmux-holder.service'],
  };
}
