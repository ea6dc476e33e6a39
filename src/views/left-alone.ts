import { parseUnit } from '../model/names.ts';
import type { UnknownPlace } from '../model/plan.ts';

/** By reason: one line for all that is left alone for it. */
export function leftAlone(places: readonly UnknownPlace[]): string[] {
  const subjects = new Map<string, Set<string>>();
  for (const { path, why } of places) subjects.set(why, (subjects.get(why) ?? new Set()).add(subjectAt(path)));
  return [...subjects].map(([why, names]) => `left alone: ${some([...names])} (${why})`);
}

const shown = 8;

const some = (names: readonly string[]): string =>
  names.length <= shown ? names.join(', ') : `${names.slice(0, shown).join(', ')} and ${names.length - shown} more`;

function subjectAt(path: string): string {
  const [, section = '', key] = path.split('/');
  if (key === undefined) return section === 'linger' ? 'lingering' : `all ${section}`;
  const name = key.replaceAll('~1', '/').replaceAll('~0', '~');
  const unit = parseUnit(name);
  return unit === null ? name : unit.name === '' ? 'tmux holder' : unit.name;
}
