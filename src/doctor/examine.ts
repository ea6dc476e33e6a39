import { type Check, type CheckState, checkGroups, checkStates, type Finding } from '../model/doctor.ts';
import type { DoctorPorts } from '../model/doctor-ports.ts';
import { messageOf } from '../model/message-of.ts';
import { bus } from './bus.ts';
import { cgroups } from './cgroups.ts';
import { clock } from './clock.ts';
import { connectors } from './connectors.ts';
import { controller } from './controller.ts';
import { disk } from './disk.ts';
import { git } from './git.ts';
import { journal } from './journal.ts';
import { limits } from './limits.ts';
import { linger } from './linger.ts';
import { manager } from './manager.ts';
import { node } from './node.ts';
import { permissions } from './permissions.ts';
import type { Point } from './point.ts';
import { runtimes } from './runtimes.ts';
import { session } from './session.ts';
import { tmux } from './tmux.ts';
import { units } from './units.ts';

/** A point with its facts hidden: what it looks at is its own business. */
export interface Examinable extends Pick<Point<unknown>, 'id' | 'group'> {
  examine(ports: DoctorPorts): Promise<readonly Finding[]>;
}

export const examinable = <Facts>(point: Point<Facts>): Examinable => ({
  id: point.id,
  group: point.group,
  examine: async (ports) => point.judge(await point.gather(ports)),
});

export const points: readonly Examinable[] = [
  examinable(node),
  examinable(cgroups),
  examinable(clock),
  examinable(limits),
  examinable(session),
  examinable(bus),
  examinable(manager),
  examinable(linger),
  examinable(journal),
  examinable(tmux),
  examinable(git),
  examinable(runtimes),
  examinable(permissions),
  examinable(disk),
  examinable(units),
  examinable(controller),
  examinable(connectors),
];

/** Looks at all points at once, by group. Each has `deadline` milliseconds, and is unchecked after that; nothing rejects. */
export async function examine(
  ports: DoctorPorts,
  deadline: number,
  all: readonly Examinable[] = points,
): Promise<readonly Check[]> {
  const checks = await Promise.all(all.map((point) => checksOf(point, ports, deadline)));
  return checks.flat().toSorted((a, b) => checkGroups.indexOf(a.group) - checkGroups.indexOf(b.group));
}

export const summaryOf = (checks: readonly Check[]): Readonly<Record<CheckState, number>> =>
  Object.fromEntries(checkStates.map((state) => [state, checks.filter((check) => check.state === state).length])) as Record<
    CheckState,
    number
  >;

async function checksOf({ id, group, examine }: Examinable, ports: DoctorPorts, deadline: number): Promise<readonly Check[]> {
  const findings = await within(deadline, examine(ports)).catch((error: unknown): Finding[] => [
    { state: 'unchecked', finding: 'not checked', detail: messageOf(error) },
  ]);
  return findings.map(({ about, ...finding }) => ({ id: about === undefined ? id : `${id}/${about}`, group, ...finding }));
}

/** Whatever else it holds up: a bus or a program that hangs takes nothing with it. */
function within<T>(deadline: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no answer in ${deadline / 1000} s`)), deadline);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
