import type { Finding } from '../model/doctor.ts';
import type { Cgroups } from '../model/doctor-ports.ts';
import { ok, type Point } from './point.ts';

/** What `resources` of a roster is made of. */
const wanted = ['cpu', 'memory', 'pids'];

export const cgroups: Point<Cgroups> = {
  id: 'cgroups',
  group: 'system',
  gather: ({ machine }) => machine.cgroups(),
  judge: ({ unified, delegated }) => {
    if (!unified) return [legacy];
    if (delegated === null) return [unread];
    const missing = wanted.filter((name) => !delegated.includes(name));
    return [missing.length === 0 ? ok(`version 2; ${wanted.join(', ')} are delegated`) : undelegated(missing)];
  },
};

const legacy: Finding = {
  state: 'failing',
  finding: 'cgroup version 2 is not at /sys/fs/cgroup',
  detail:
    'An agent is moved into the cgroup of its unit, which needs version 2. Add the word to the kernel command line and boot again.',
  mend: [
    'sudoedit /etc/default/grub  # GRUB_CMDLINE_LINUX="systemd.unified_cgroup_hierarchy=1"',
    'sudo update-grub && sudo reboot',
  ],
};

const unread: Finding = {
  state: 'unchecked',
  finding: 'version 2; what is delegated is not known',
  detail: 'There is no cgroup of a user manager to look at.',
};

const undelegated = (missing: readonly string[]): Finding => ({
  state: 'warning',
  finding: `version 2; not delegated to you: ${missing.join(', ')}`,
  detail: 'What a roster says under resources about these has no effect. Delegate them, then boot or log in anew.',
  mend: [
    'sudo mkdir -p /etc/systemd/system/user@.service.d',
    "printf '[Service]\\nDelegate=cpu memory pids\\n' | sudo tee /etc/systemd/system/user@.service.d/delegate.conf",
    'sudo systemctl daemon-reload',
  ],
});
