import type { Finding } from '../model/doctor.ts';
import type { GuardedPlace } from '../model/doctor-ports.ts';
import { ok, type Point } from './point.ts';

export interface PermissionFacts {
  readonly uid: number;
  readonly user: string;
  readonly places: readonly GuardedPlace[];
}

export const permissions: Point<PermissionFacts> = {
  id: 'permissions',
  group: 'files',
  gather: async ({ machine, places }) => {
    const [{ uid, user }, guarded] = await Promise.all([machine.session(), places.guarded()]);
    return { uid, user, places: guarded };
  },
  judge: ({ uid, user, places }) => {
    const foreign = places.filter(({ owner }) => owner !== uid).map(({ path }) => path);
    const own = places.filter(({ owner }) => owner === uid);
    const readable = own.filter((place) => (excess(place) & reading) !== 0).map(({ path }) => path);
    const writable = own.filter((place) => (excess(place) & writing) !== 0).map(({ path }) => path);
    const findings = [
      ...(foreign.length === 0 ? [] : [foreigners(foreign, user)]),
      ...(readable.length === 0 ? [] : [open('read', readable)]),
      ...(writable.length === 0 ? [] : [open('written', writable)]),
    ];
    if (findings.length > 0) return findings;
    return [
      ok(
        places.length === 0
          ? 'nothing of ours is here yet'
          : `${places.length} files and directories are guarded as they should be`,
      ),
    ];
  },
};

const excess = ({ mode, forbidden }: GuardedPlace): number => mode & forbidden;
/** To enter a directory is to read what is in it. */
const reading = 0o055;
const writing = 0o022;

const foreigners = (paths: readonly string[], user: string): Finding => ({
  about: 'owner',
  state: 'failing',
  finding: `not yours: ${some(paths)}`,
  detail: 'Something was run as another user, with sudo perhaps. Muster cannot write it, and whoever owns it can.',
  mend: [`sudo chown ${user}: ${paths.map(quoted).join(' ')}`],
});

const open = (verb: 'read' | 'written', paths: readonly string[]): Finding => ({
  about: verb,
  state: 'failing',
  finding: `may be ${verb} by others: ${some(paths)}`,
  detail:
    verb === 'read' ? 'It may hold secrets of agents.' : 'Others could put something else in its place, which then runs as you.',
  mend: [paths.length > 3 ? 'muster doctor --fix' : `chmod ${verb === 'read' ? 'go-rx' : 'go-w'} ${paths.map(quoted).join(' ')}`],
  fix: { verb: 'chmod', targets: paths, without: verb === 'read' ? reading : writing },
});

const some = (paths: readonly string[]): string =>
  paths.length <= 2 ? paths.join(', ') : `${paths[0]} and ${paths.length - 1} more`;

const quoted = (path: string): string => (/^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`);
