import type { Known } from '../model/known.ts';
import { connectorOf, ownerOf, parseUnit } from '../model/names.ts';
import type { Observation } from '../model/observation.ts';
import type { UnknownPlace } from '../model/plan.ts';
import { pointer } from '../plan/pointer.ts';

/**
 * What is still on a host that was to be left: units of agents, connectors and the holder that run or come back at boot, tagged sessions,
 * own files of these, and whatever of these cannot be read. `reasons`: what a plan says of why it leaves places alone.
 */
export function remainsOf(observation: Observation, reasons: readonly UnknownPlace[]): readonly UnknownPlace[] {
  const { units, tmux, files, admitted } = observation;
  const because = (path: string, otherwise: string): UnknownPlace => ({
    path,
    why: reasons.find((reason) => path === reason.path || path.startsWith(`${reason.path}/`))?.why ?? otherwise,
  });
  const place = (section: string, key: string): string => `/${section}/${pointer(key)}`;
  const unreadable = (
    [
      ['units', units],
      ['sessions', tmux],
      ['files', files],
      ['state/admitted.json', admitted],
    ] as const
  ).flatMap(([section, source]) => (source.known ? [] : [{ path: `/${section}`, why: source.why }]));
  const running = Object.entries(valueOr(units, {})).flatMap(([unit, { active, enablement }]) => {
    const kind = parseUnit(unit)?.kind;
    if (kind === undefined) return [];
    if (!atRest.has(active)) return [because(place('units', unit), `it is ${active}`)];
    return enablement.startsWith('enabled') ? [because(place('units', unit), 'it is enabled')] : [];
  });
  const living = (valueOr(tmux, null)?.sessions ?? []).filter(({ agent }) => agent !== '');
  const sessions = living.map(({ name, agent }) => because(place('sessions', agent), `its session ${name} lives`));
  const own = Object.entries(valueOr(files, {})).filter(([key, { ours }]) => ours && (ownerOf(key) ?? connectorOf(key)) !== null);
  return [...unreadable, ...running, ...sessions, ...own.map(([key]) => because(place('files', key), 'it is still there'))];
}

const atRest: ReadonlySet<string> = new Set(['inactive', 'failed']);

const valueOr = <T, U>(source: Known<T>, otherwise: U): T | U => (source.known ? source.value : otherwise);
