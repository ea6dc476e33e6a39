import { ok, type Point } from './point.ts';

export const journal: Point<{ readonly readable: boolean; readonly why: string }> = {
  id: 'journal',
  group: 'user manager',
  gather: ({ programs }) => programs.journal(),
  judge: ({ readable, why }) => {
    if (readable) return [ok('what your units say can be read')];
    return [
      {
        state: 'warning',
        finding: 'what your units say cannot be read',
        detail: `${why}. Agents run all the same; why one ended is harder to tell. Either of these helps:`,
        mend: [
          'sudo mkdir -p /var/log/journal && sudo systemctl restart systemd-journald',
          'sudo usermod -aG systemd-journal "$USER"  # then log in anew',
        ],
      },
    ];
  },
};
