import type { Desired } from '../model/desired.ts';
import { launcherFile } from '../model/names.ts';
import type { Scope } from './observe.ts';

/** What a look has to ask for besides what is ours by name. The stub is this program itself, found through our own launcher. */
export function scopeOf(desired: Desired): Scope {
  const programs = [...desired.agents.values()].filter(({ running, program }) => running && program.command !== 'muster');
  return {
    programs: Object.fromEntries(programs.map(({ name, program }) => [name, program])),
    files: [...desired.files.keys(), launcherFile],
    socket: desired.tmux.socket,
  };
}
