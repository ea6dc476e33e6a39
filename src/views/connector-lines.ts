import type { ConnectorState, Status, StatusFleet } from '../model/status.ts';
import { visible } from '../model/visible.ts';
import { wrapped } from './fit.ts';
import type { Style } from './style.ts';
import { withMinutes } from './time.ts';

/** Connectors that are not as they should be, one line each; where a controller runs, its conditions say so. */
export function connectorLines({ fleets, controller }: Status, columns: number, style: Style): string[] {
  if (controller.state === 'running') return [];
  return fleets.filter(({ connector_status: { state } }) => !isWell(state)).map((fleet) => line(fleet, columns, style));
}

const isWell = (state: ConnectorState): boolean => state === 'ready' || state === 'none';

/** Nobody knows, or it will be well by itself. */
const uncertain: ReadonlySet<ConnectorState> = new Set(['unknown', 'silent', 'starting', 'stopping']);

function line({ name, connector, connector_status: { state, detail, remedy } }: StatusFleet, columns: number, style: Style) {
  const words = [detail, remedy ?? ''].filter((text) => text !== '').map((text) => `: ${withMinutes(visible(text))}`);
  const text = `connector of ${visible(name)} (${visible(connector)}) ${stateWords[state]}${words.join('')}`;
  const glyph = uncertain.has(state) ? style.yellow('?') : style.red('✗');
  return `${glyph} ${wrapped(text, columns === 0 ? 0 : columns - 2, '  ')}`;
}

const stateWords: Readonly<Record<ConnectorState, string>> = {
  ready: 'is ready',
  unhealthy: 'is not well',
  silent: 'is silent',
  starting: 'is coming up',
  stopping: 'is on its way down',
  stopped: 'does not run',
  failed: 'has failed',
  masked: 'is masked',
  unknown: 'is unknown',
  none: 'is not needed',
};
