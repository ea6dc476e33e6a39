import type { Finding } from '../model/doctor.ts';
import type { Session } from '../model/doctor-ports.ts';
import { ok, type Point } from './point.ts';

/** Whether this is a login of its own, with systemd behind it: `su`, `sudo`, cron and containers are not. */
export const session: Point<Session> = {
  id: 'session',
  group: 'user manager',
  gather: ({ machine }) => machine.session(),
  judge: (found) => [judged(found)],
};

function judged(found: Session): Finding {
  const { uid, user, variable, directory, owner, booted, container } = found;
  if (!booted) return unbooted(container);
  if (owner === null && (variable === null || variable === usual(uid))) return absent(user, uid);
  if (owner !== uid) return foreign(found);
  if (variable !== null) return ok(`${user}, runtime directory ${directory}`);
  return {
    state: 'warning',
    finding: 'XDG_RUNTIME_DIR is not set, as after su and in cron',
    detail: `Muster finds ${directory} by itself; systemctl --user and journalctl --user do not.`,
    mend: exports(uid),
  };
}

const usual = (uid: number): string => `/run/user/${uid}`;

const exports = (uid: number): readonly string[] => [
  `export XDG_RUNTIME_DIR=${usual(uid)} DBUS_SESSION_BUS_ADDRESS=unix:path=${usual(uid)}/bus`,
];

const unbooted = (container: string | null): Finding => ({
  state: 'failing',
  finding: `systemd does not run here${container === null ? '' : `: this is a container (${container})`}`,
  detail:
    'A fleet lives in units of a systemd user manager. Use a host, or a container that boots systemd; a private host may do for trying out.',
  mend: ['muster sandbox'],
});

const absent = (user: string, uid: number): Finding => ({
  state: 'failing',
  finding: `there is no ${usual(uid)}: ${user} has not logged in, and does not linger`,
  detail: 'systemd makes it, and the user manager with it, at a login or for a user who lingers.',
  mend: [`sudo loginctl enable-linger ${user}`, ...exports(uid)],
});

const foreign = ({ uid, user, directory, owner }: Session): Finding => ({
  state: 'failing',
  finding: owner === null ? `there is no ${directory}` : `${directory} belongs to somebody else (uid ${owner})`,
  detail: `XDG_RUNTIME_DIR is not that of ${user} (uid ${uid}), as after su without a login.`,
  mend: exports(uid),
});
