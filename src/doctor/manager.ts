import type { Finding } from '../model/doctor.ts';
import type { ManagerState } from '../model/doctor-ports.ts';
import { parseUnit } from '../model/names.ts';
import { isOlder, ok, type Point, versionIn } from './point.ts';

/** The oldest that Muster was tried on. */
const tried = [252];

export const manager: Point<ManagerState> = {
  id: 'manager',
  group: 'user manager',
  gather: (ports) => ports.manager.state(),
  judge: ({ version, state, failed }) => {
    const named = `systemd ${version}, ${state}`;
    if (state === 'stopping') return [{ state: 'failing', finding: named, detail: 'It is ending: nothing can be started.' }];
    const findings = [...(state === 'running' ? [] : [unwell(named, state, failed)]), ...age(named, version)];
    return findings.length > 0 ? findings : [ok(named)];
  },
};

function unwell(named: string, state: string, failed: readonly string[]): Finding {
  if (state !== 'degraded')
    return {
      state: 'warning',
      finding: named,
      detail: 'Wait until it has started.',
      mend: ['systemctl --user is-system-running --wait'],
    };
  const ours = failed.flatMap((unit) => parseUnit(unit)?.name || []);
  const shown = failed.slice(0, 3).join(', ');
  const more = failed.length > 3 ? ` and ${failed.length - 3} more` : '';
  return {
    state: 'warning',
    finding: failed.length === 0 ? named : `${named}: ${shown}${more} failed`,
    detail: 'Other units of yours may be what failed; a fleet runs all the same.',
    mend: ours.length > 0 ? ours.slice(0, 3).map((name) => `muster explain ${name}`) : ['systemctl --user --failed'],
  };
}

const age = (named: string, version: string): readonly Finding[] =>
  isOlder(versionIn(version), tried)
    ? [{ about: 'version', state: 'warning', finding: `${named}: older than any that Muster was tried on (${tried.join('.')})` }]
    : [];
