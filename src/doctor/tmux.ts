import type { Finding } from '../model/doctor.ts';
import { unitSearchPath } from '../model/search-path.ts';
import { isOlder, ok, type Point, versionIn } from './point.ts';

export interface TmuxFacts {
  /** What the shell finds, and what a unit does; `unit` is `undefined` where the PATH of units is not known. */
  readonly shell: FoundTmux | null;
  readonly unit: FoundTmux | null | undefined;
}

export interface FoundTmux {
  readonly file: string;
  /** As it says: `tmux 3.3a`. */
  readonly says: string;
}

/** As the README says. */
const oldest = [3, 2];

export const tmux: Point<TmuxFacts> = {
  id: 'tmux',
  group: 'programs',
  gather: async ({ manager, programs }) => {
    const look = async (path: string): Promise<FoundTmux | null> => {
      const file = await programs.find('tmux', path);
      return file === null ? null : { file, says: await programs.ask(file, ['-V']) };
    };
    const environment = await manager.environment().catch(() => null);
    const [shell, unit] = await Promise.all([
      look(programs.path),
      environment === null ? undefined : look(unitSearchPath(environment)),
    ]);
    return { shell, unit };
  },
  judge: ({ shell, unit }) => [judged(shell, unit)],
};

function judged(shell: TmuxFacts['shell'], unit: TmuxFacts['unit']): Finding {
  const mend = ['sudo apt install tmux'];
  const used = unit ?? (unit === undefined ? shell : null);
  if (used === null) {
    const elsewhere = shell === null ? '' : `; your shell finds ${shell.file}`;
    return {
      state: 'failing',
      finding: `tmux is not on the PATH of your units${elsewhere}`,
      detail: 'The tmux server of all agents is started by a unit. Install it, or put its directory on that PATH.',
      mend: shell === null ? mend : [...mend, onPath(shell.file)],
    };
  }
  if (isOlder(versionIn(used.says), oldest))
    return { state: 'failing', finding: `${used.says} at ${used.file} is too old: ${oldest.join('.')} or newer is needed`, mend };
  if (unit === undefined)
    return {
      state: 'ok',
      finding: `${used.says} at ${used.file}`,
      detail: 'That is what your shell finds; what units find is not known.',
    };
  if (shell !== null && shell.says !== used.says)
    return {
      state: 'warning',
      finding: `units find ${used.says} at ${used.file}, your shell ${shell.says} at ${shell.file}`,
      detail: 'A client of one version may not be able to talk to a server of another.',
      mend: [`${used.file} -L mosaic attach`],
    };
  return ok(`${used.says} at ${used.file}`);
}

/** For the units of the user manager that runs now, and for those of the next one. */
const onPath = (file: string): string => {
  const directory = file.slice(0, file.lastIndexOf('/'));
  return `mkdir -p ~/.config/environment.d && echo 'PATH=${directory}:$PATH' >> ~/.config/environment.d/path.conf  # then log in anew`;
};
