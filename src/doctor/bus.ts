import { messageOf } from '../model/message-of.ts';
import { ok, type Point } from './point.ts';

export interface BusFacts {
  /** systemd is process 1 here. */
  readonly booted: boolean;
  /** Why no bus answers; `null` where one does. */
  readonly why: string | null;
}

export const bus: Point<BusFacts> = {
  id: 'bus',
  group: 'user manager',
  gather: async ({ machine, manager }) => {
    const { booted } = await machine.session();
    const why = await manager.bus().then(() => null, messageOf);
    return { booted, why };
  },
  judge: ({ booted, why }) => {
    if (why === null) return [ok('the user bus answers')];
    if (!booted) return [{ state: 'unchecked', finding: 'not checked', detail: 'There is no bus of a user without systemd.' }];
    return [
      {
        state: 'failing',
        finding: 'no user bus answers',
        detail: `${why}. Nothing can be asked of the user manager without it. On Debian it comes with dbus-user-session, at the next login.`,
        mend: ['sudo apt install dbus-user-session', 'systemctl --user start dbus.socket'],
      },
    ];
  },
};
