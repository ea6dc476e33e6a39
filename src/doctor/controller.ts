import type { ControllerStatus } from '../model/controller.ts';
import type { Finding } from '../model/doctor.ts';
import type { ControllerUnit } from '../model/doctor-ports.ts';
import { controllerUnit } from '../model/names.ts';
import type { StatusController } from '../model/status.ts';
import { ok, type Point } from './point.ts';

export interface ControllerFacts {
  readonly controller: StatusController;
  /** `null` where the user manager cannot be asked. */
  readonly unit: ControllerUnit | null;
  /** Who has the writer lock; `null`: nobody, or not known. */
  readonly holder: string | null;
  /** Agents are to run here. */
  readonly inForce: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export const controller: Point<ControllerFacts> = {
  id: 'controller',
  group: 'fleet',
  gather: async ({ fleet, manager, machine }) => {
    const [controller, unit, holder, rosters, { now }] = await Promise.all([
      fleet.controller(),
      manager.controllerUnit().catch(() => null),
      manager.lockHolder().catch(() => null),
      fleet.rosters().catch(() => null),
      machine.clock(),
    ]);
    return { controller, unit, holder, inForce: rosters?.from === 'in-force', now };
  },
  judge: (facts) => [...running(facts), ...told(facts), ...lock(facts)],
};

const journal = `journalctl --user -u ${controllerUnit} -n 50`;

function running({ controller, unit, inForce, now }: ControllerFacts): readonly Finding[] {
  const { state, installed, status } = controller;
  if (unit?.load === 'masked')
    return [
      {
        state: 'warning',
        finding: `${controllerUnit} is masked`,
        mend: [`systemctl --user unmask ${controllerUnit}`, 'muster install'],
      },
    ];
  if (state === 'running' && status !== null) {
    if (unit?.outdated === true)
      return [{ state: 'warning', finding: 'it runs an older program than the one that is installed', mend: ['muster install'] }];
    return [overdue(status, now) ?? ok(alive(status, now))];
  }
  if (state === 'running' || state === 'unresponsive')
    return [
      { state: 'failing', finding: 'it runs and does not answer', mend: [journal, `systemctl --user restart ${controllerUnit}`] },
    ];
  if (installed) return [down(unit)];
  if (!inForce) return [ok('none yet: muster install sets one up, once there is a fleet')];
  return [
    {
      state: 'warning',
      finding: 'none is installed',
      detail: 'What drifts stays so until the next apply, and commits wait for one.',
      mend: ['muster install'],
    },
  ];
}

const down = (unit: ControllerUnit | null): Finding => ({
  state: 'failing',
  finding: `it is installed and does not run${unit === null || unit.ending === '' ? '' : `: ${unit.ending}`}`,
  detail: 'Agents go on, and nobody heals them.',
  mend: [journal, `systemctl --user start ${controllerUnit}`],
  // What ends with 78 says that its configuration is wrong: starting it again says it again.
  ...(unit?.enabled === true && unit.load === 'loaded' && !unit.ending.includes('78')
    ? { fix: { verb: 'start', targets: [controllerUnit] } as const }
    : {}),
});

/** It looks every five minutes by itself, unless it is set otherwise; an hour is late for any. */
const late = 3600_000;

function overdue({ last_pass: last }: ControllerStatus, now: number): Finding | null {
  if (last === null || now - Date.parse(last.at) < late) return null;
  return {
    state: 'warning',
    finding: `it last looked ${Math.floor((now - Date.parse(last.at)) / 60_000)} minutes ago`,
    mend: ['muster reconcile', journal],
  };
}

function alive({ pid, last_pass: last, applied }: ControllerStatus, now: number): string {
  const looked =
    last === null ? 'has not looked yet' : `looked ${Math.max(0, Math.round((now - Date.parse(last.at)) / 1000))} s ago`;
  return `runs (process ${pid}), ${looked}, revision ${applied?.slice(0, 12) ?? 'none'}`;
}

/** What it says of itself, while it runs. */
function told({ controller: { state, status } }: ControllerFacts): readonly Finding[] {
  if (state !== 'running' || status === null) return [];
  const { obstacle, unfetched, attempted, quarantined, back_offs: backOffs } = status;
  const given = backOffs.filter((one) => one.quarantined);
  return [
    ...(obstacle === null ? [] : [{ about: 'obstacle', state: 'failing', finding: obstacle, mend: [journal] } as const]),
    ...(unfetched === undefined
      ? []
      : [{ about: 'remote', state: 'warning', finding: `its remote cannot be fetched: ${unfetched}`, mend: [journal] } as const]),
    ...(attempted === null || attempted.outcome === 'admitted' ? [] : [refused(attempted)]),
    ...(quarantined === null || attempted?.outcome === 'quarantined'
      ? []
      : [
          {
            about: 'revision',
            state: 'warning',
            finding: `revision ${quarantined.revision.slice(0, 12)} was undone: ${quarantined.why}`,
            mend: ['muster history'],
          } as const,
        ]),
    ...given.map(
      ({ resource, why }): Finding => ({
        about: resource,
        state: 'failing',
        finding: `${resource} is given up: ${why}`,
        detail: 'It failed again and again. It is tried again once it changes, or when you ask.',
        mend: [`muster explain ${/@(.+)\.service$/.exec(resource)?.[1] ?? resource}`, 'muster reconcile'],
      }),
    ),
  ];
}

function refused({ revision, outcome, diagnostics }: NonNullable<ControllerStatus['attempted']>): Finding {
  const first = diagnostics.find(({ severity }) => severity === 'error');
  const why = first === undefined ? '' : `: ${first.summary} (${first.code})`;
  return {
    about: 'revision',
    state: 'warning',
    finding: `revision ${revision?.slice(0, 12) ?? 'of its branch'} is ${outcome}${why}`,
    detail: 'What was in force before stays so.',
    mend: ['muster reconcile'],
  };
}

function lock({ holder, controller }: ControllerFacts): readonly Finding[] {
  if (holder === null || controller.state === 'running' || controller.state === 'unresponsive') return [];
  return [
    {
      about: 'lock',
      state: 'warning',
      finding: `somebody else is changing this host: ${holder}`,
      detail: 'One writer at a time: an apply has to wait for it.',
    },
  ];
}
