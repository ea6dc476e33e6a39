import type { Known } from '../model/known.ts';
import { parseUnit } from '../model/names.ts';
import type { ObservedTmux, ObservedUnit } from '../model/observation.ts';

/** Units that systemd calls active without a living session of that run, and tagged sessions without such a unit; one text for each. */
export function disagreements(units: Known<Readonly<Record<string, ObservedUnit>>>, tmux: Known<ObservedTmux>): Set<string> {
  const found = new Set<string>();
  if (!units.known || !tmux.known) return found;
  const alive = new Set(
    tmux.value.sessions.filter((session) => session.alive).map(({ agent, incarnation }) => `${agent} ${incarnation}`),
  );
  const runs = new Set<string>();
  for (const [unit, { active, invocation }] of Object.entries(units.value)) {
    const parsed = parseUnit(unit);
    if (parsed?.kind !== 'agent') continue;
    const run = `${parsed.name} ${invocation}`;
    if (invocation !== '') runs.add(run);
    if (active === 'active' && !alive.has(run)) found.add(`no session: ${run}`);
  }
  for (const { agent, incarnation, id } of tmux.value.sessions) {
    if (agent !== '' && !runs.has(`${agent} ${incarnation}`)) found.add(`no unit: ${agent} ${incarnation} ${id}`);
  }
  return found;
}
