import type { Finding } from '../model/doctor.ts';
import type { FleetRosters } from '../model/doctor-ports.ts';
import { type Known, known } from '../model/known.ts';
import type { StatusConnector } from '../model/status.ts';
import { visible } from '../model/visible.ts';
import type { Point } from './point.ts';

export interface ConnectorFacts {
  readonly from: FleetRosters['from'];
  readonly fleets: Known<readonly FleetConnector[]>;
}

export interface FleetConnector {
  readonly fleet: string;
  readonly kind: string;
  readonly status: StatusConnector;
}

/** What the bridge of each fleet tells of its channel. */
export const connectors: Point<ConnectorFacts> = {
  id: 'connector',
  group: 'fleet',
  gather: async ({ fleet }) => {
    const { from, desired } = await fleet.rosters();
    if (!desired.known) return { from, fleets: desired };
    const { fleets } = desired.value;
    const told = fleets.length === 0 ? {} : await fleet.connectors(desired.value);
    return {
      from,
      fleets: known(
        fleets.flatMap(({ name, connector }) => {
          const status = told[name];
          return status === undefined ? [] : [{ fleet: name, kind: connector, status }];
        }),
      ),
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
    return fleets.value.map((one) => judged(one, from));
  },
};

function judged({ fleet, kind, status }: FleetConnector, from: FleetRosters['from']): Finding {
  const { state, detail, remedy } = status;
  const named = `${fleet} by ${kind}`;
  const unit = `mosaic-connector@${fleet}.service`;
  const said = (text: string) => (detail === '' ? `${named}: ${text}` : `${named}: ${text}, ${visible(detail)}`);
  switch (state) {
    case 'none':
      return { about: fleet, state: 'ok', finding: `${fleet} needs no connector: it has no orchestrator` };
    case 'ready':
      return { about: fleet, state: 'ok', finding: said('messages get through') };
    case 'unknown':
      return { about: fleet, state: 'unchecked', finding: named, detail: visible(detail) };
    case 'starting':
    case 'stopping':
      return { about: fleet, state: 'warning', finding: said('it is on its way'), mend: [`systemctl --user status ${unit}`] };
    case 'silent':
      return {
        about: fleet,
        state: 'warning',
        finding: said('nobody knows'),
        mend: [`systemctl --user restart ${unit}`, `journalctl --user -u ${unit}`],
      };
    case 'stopped':
      if (from === 'here') return { about: fleet, state: 'ok', finding: `${named}: not set up yet, the first apply does it` };
      return { about: fleet, state: 'failing', finding: said('it does not run'), mend: ['muster plan', 'muster apply'] };
    case 'failed':
      return { about: fleet, state: 'failing', finding: said('it has failed'), mend: [`journalctl --user -u ${unit}`] };
    case 'masked':
      return { about: fleet, state: 'failing', finding: said('it cannot run'), mend: [`systemctl --user unmask ${unit}`] };
    case 'unhealthy':
      return {
        about: fleet,
        state: 'failing',
        finding: said('messages do not get through'),
        ...(remedy === null ? {} : { detail: visible(remedy) }),
        mend: [`muster connector health ${fleet}`],
      };
  }
}
