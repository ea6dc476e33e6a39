import type { Clock } from '../model/doctor-ports.ts';
import { ok, type Point } from './point.ts';

const day = 24 * 3600 * 1000;

export const clock: Point<Clock> = {
  id: 'clock',
  group: 'system',
  gather: ({ machine }) => machine.clock(),
  judge: ({ now, notBefore, synchronised }) => {
    const mend = ['sudo timedatectl set-ntp true', 'timedatectl status'];
    // A file may carry the time of another machine, which is a little ahead.
    if (now + day < notBefore)
      return [
        {
          state: 'failing',
          finding: `it says ${new Date(now).toISOString().slice(0, 10)}, before this program was made`,
          detail: 'Certificates are not valid yet at such a time: agents and git reach nobody over TLS.',
          mend,
        },
      ];
    if (synchronised === true) return [ok('synchronised')];
    if (synchronised === null)
      return [
        {
          state: 'unchecked',
          finding: 'not known whether it is synchronised',
          detail: 'No service here says so. It is not before this program was made.',
        },
      ];
    return [
      {
        state: 'warning',
        finding: 'not synchronised',
        detail: 'A clock that is far off breaks TLS, and times in the history.',
        mend,
      },
    ];
  },
};
