import type { Diagnostic } from '../model/diagnostic.ts';
import type { Observation } from '../model/observation.ts';

/** A host whose systemd or tmux cannot be asked is said so once, and loudly: most of the plan is missing then. */
export function unreadableFindings({ units, tmux, files, admitted }: Observation): Diagnostic[] {
  const findings: Diagnostic[] = [];
  if (!units.known) findings.push(noBus(units.why, 'Nothing about units is known, so nothing about them is planned.'));
  if (!tmux.known) {
    findings.push({
      severity: 'error',
      code: 'host/no-tmux',
      summary: 'tmux cannot be asked',
      detail: `${tmux.why}. Whether agents have their sessions is unknown, so none is stopped or restarted.`,
      hint: 'Install tmux 3.2 or newer, and see that it is on the PATH.',
    });
  }
  if (!files.known) {
    findings.push({
      severity: 'error',
      code: 'host/unreadable',
      summary: 'files of muster on this host cannot be read',
      detail: `${files.why}. They are left alone, and nothing is started that needs them.`,
      hint: 'See their owner and permissions; they belong to the tenant.',
    });
  }
  if (!admitted.known) findings.push(stateUnreadable(admitted.why));
  return findings;
}

export const noBus = (why: string, consequence: string): Diagnostic => ({
  severity: 'error',
  code: 'host/no-bus',
  summary: 'the systemd user manager cannot be asked',
  detail: `${why}. ${consequence}`,
  hint: 'Log in with a session of your own (not su or sudo), see that dbus-user-session is installed, then: systemctl --user status',
});

const stateUnreadable = (why: string): Diagnostic => ({
  severity: 'warning',
  code: 'state/unreadable',
  summary: 'what was last carried out on this host cannot be read',
  detail: `${why}. Until it can, nothing that no roster names is stopped or removed.`,
  hint: 'Mend or move away that file; the next apply writes it anew.',
});
