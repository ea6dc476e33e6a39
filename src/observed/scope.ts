import type { Desired, DesiredAgent } from '../model/desired.ts';
import { launcherFile } from '../model/names.ts';
import type { Scope } from './observe.ts';

/** What a look has to ask for besides what is ours by name. The stub is this program itself, found through our own launcher. */
export function scopeOf(desired: Desired): Scope {
  const programs: Record<string, DesiredAgent['program']> = {};
  for (const { name, running, program } of desired.agents.values())
    if (running && program.command !== 'muster') programs[name] = program;
  return {
    programs,
    files: [...desired.files.keys(), launcherFile],
    socket: desired.tmux.socket,
  };
}
