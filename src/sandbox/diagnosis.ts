import type { Diagnostic } from '../model/diagnostic.ts';

/** How far the launcher came, in its own words: `units/private-host` names the steps. */
export interface Failure {
  readonly step: string;
  /** What the launcher, or the program it started, had to say. */
  readonly why: string;
}

/** Kernel settings that forbid namespaces to ordinary users; `null` where the kernel does not have the setting. */
export interface KernelSettings {
  readonly 'kernel.unprivileged_userns_clone': string | null;
  readonly 'kernel.apparmor_restrict_unprivileged_userns': string | null;
  readonly 'user.max_user_namespaces': string | null;
}

/** The finding for a private host that could not be had: which step failed, why, and what to do about it. */
export function diagnose(failure: Failure, root: boolean, settings: KernelSettings): Diagnostic {
  const cause = forbidden(failure.step, root, settings);
  return {
    severity: 'error',
    code: 'sandbox/unavailable',
    summary: `no private host can be had here: ${steps[failure.step]?.what ?? `the step "${failure.step}" failed`}`,
    detail: [cause?.why, failure.why].filter((part) => part).join('\n') || 'the launcher ended without a word',
    hint:
      cause?.hint ??
      (root ? steps[failure.step]?.asRoot : undefined) ??
      steps[failure.step]?.hint ??
      'see docs/diagnostics.md, sandbox/unavailable',
  };
}

interface Step {
  readonly what: string;
  readonly hint: string;
  readonly asRoot?: string;
}

const container =
  'in a container, start it with the right to mount and to make cgroups (docker: --privileged --cgroupns=private)';

const steps: Readonly<Record<string, Step>> = {
  start: { what: 'the launcher cannot be started', hint: 'install bash, and install Muster anew if files of it are missing' },
  programs: { what: 'a program is missing', hint: 'install util-linux, coreutils, findutils, hostname and systemd' },
  bus: {
    what: 'user managers have no message bus',
    hint: 'install dbus-user-session (Debian, Ubuntu), dbus-daemon or dbus-broker (others)',
  },
  delegation: {
    what: 'no cgroup of your own',
    hint: 'log in so that your user manager runs (`loginctl enable-linger` keeps it), or run as root',
  },
  cgroup: { what: 'no cgroup can be made', hint: `boot with cgroup version 2; ${container}`, asRoot: container },
  namespaces: { what: 'namespaces are refused', hint: `allow user namespaces or run as root; ${container}`, asRoot: container },
  mounts: { what: 'a private mount is refused', hint: `run as root; ${container}`, asRoot: container },
  identity: {
    what: 'machine id, users or host name cannot be replaced',
    hint: 'make sure that /etc/machine-id exists (`systemd-machine-id-setup`)',
  },
  visible: {
    what: 'a directory that the command needs is closed to an ordinary user',
    hint: 'open it with `chmod -R go+rX DIR`, or work in another directory',
  },
  manager: { what: 'the user manager does not start', hint: 'start `systemd --user` by hand in a login session to see why' },
};

/** A kernel setting that explains the failure; root needs no user namespace. */
function forbidden(
  step: string,
  root: boolean,
  settings: KernelSettings,
): { readonly why: string; readonly hint: string } | null {
  if (root || (step !== 'namespaces' && step !== 'mounts')) return null;
  for (const [name, harm, cure] of settingTable) {
    if (settings[name] === harm) return { why: `${name} is ${harm}`, hint: `sudo sysctl -w ${name}=${cure}, or run as root` };
  }
  return null;
}

const settingTable = [
  ['kernel.unprivileged_userns_clone', '0', '1'],
  ['user.max_user_namespaces', '0', '15000'],
  ['kernel.apparmor_restrict_unprivileged_userns', '1', '0'],
] as const;
