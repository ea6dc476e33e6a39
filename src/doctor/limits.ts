import type { Finding } from '../model/doctor.ts';
import type { Limits } from '../model/doctor-ports.ts';
import { ok, type Point } from './point.ts';

export const limits: Point<Limits> = {
  id: 'limits',
  group: 'system',
  gather: ({ machine }) => machine.limits(),
  judge: (found) => {
    const findings = [files(found), processes(found), tasks(found), inotify(found)].filter((one) => one !== null);
    return findings.length > 0 ? findings : [ok(words(found))];
  },
};

const number = (value: number | null): string => (value === null ? 'any number of' : String(value));

const words = ({ files, processes, tasks, inotifyWatches }: Limits): string =>
  [
    `${number(files)} open files`,
    `${number(tasks?.most ?? processes)} processes`,
    ...(inotifyWatches === null ? [] : [`${inotifyWatches} watched files`]),
  ].join(', ');

/** A coding agent with its servers and watchers holds hundreds. */
function files({ files }: Limits): Finding | null {
  if (files === null || files >= 1024) return null;
  return {
    about: 'files',
    state: 'warning',
    finding: `only ${files} open files for each process`,
    detail: 'Agents that watch a project, and the controller, need more.',
    mend: [
      'sudo mkdir -p /etc/systemd/user.conf.d',
      "printf '[Manager]\\nDefaultLimitNOFILE=1024:524288\\n' | sudo tee /etc/systemd/user.conf.d/files.conf",
    ],
  };
}

/** About twenty for each agent, of a fleet of a few. */
function processes({ processes }: Limits): Finding | null {
  if (processes === null || processes >= 1024) return null;
  return {
    about: 'processes',
    state: 'warning',
    finding: `only ${processes} processes for this user`,
    detail: 'An agent with its tools has about twenty.',
    mend: ['echo "$USER - nproc 8192" | sudo tee /etc/security/limits.d/agents.conf  # then log in anew'],
  };
}

function tasks({ tasks }: Limits): Finding | null {
  if (tasks === null || tasks.most === null || tasks.current < 0.8 * tasks.most) return null;
  return {
    about: 'tasks',
    state: tasks.current < 0.98 * tasks.most ? 'warning' : 'failing',
    finding: `${tasks.current} of ${tasks.most} processes and threads of this user are in use`,
    detail: 'Beyond that nothing starts any more.',
    mend: ['sudo systemctl set-property "user-$(id -u).slice" TasksMax=80%', 'systemd-cgtop --order=tasks'],
  };
}

function inotify({ inotifyWatches, inotifyInstances }: Limits): Finding | null {
  const few = inotifyWatches !== null && inotifyWatches < 65_536;
  const alone = inotifyInstances !== null && inotifyInstances < 128;
  if (!few && !alone) return null;
  return {
    about: 'inotify',
    state: 'warning',
    finding: few ? `only ${inotifyWatches} watched files` : `only ${inotifyInstances} programs that watch files`,
    detail: 'Programs that follow files, agents among them, fail or poll where there are no more.',
    mend: [
      "printf 'fs.inotify.max_user_watches=524288\\nfs.inotify.max_user_instances=512\\n' | sudo tee /etc/sysctl.d/60-inotify.conf",
      'sudo sysctl --system',
    ],
  };
}
