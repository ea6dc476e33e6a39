import type { Desired } from '../model/desired.ts';
import type { Finding } from '../model/doctor.ts';
import type { DoctorPorts, FleetRosters } from '../model/doctor-ports.ts';
import { agentSearchPath } from '../model/search-path.ts';
import type { Point } from './point.ts';

export interface RuntimeFacts {
  readonly from: FleetRosters['from'];
  /** Why the rosters are not known; `null` where they are. */
  readonly why: string | null;
  readonly programs: readonly ProgramFacts[];
}

export interface ProgramFacts {
  readonly command: string;
  readonly runtime: string;
  readonly agents: readonly string[];
  /** Absolute path on the unit's PATH; `null` where it is not. */
  readonly file: string | null;
  /** Where the shell finds it. */
  readonly shell: string | null;
  /** What it says of its version; `null` where it was not asked or did not answer in time. */
  readonly says: string | null;
  /** Program that it needs to be run, and is not on the unit's PATH. */
  readonly missing: string | null;
}

export const runtimes: Point<RuntimeFacts> = {
  id: 'runtime',
  group: 'programs',
  gather: async (ports) => {
    const { from, desired } = await ports.fleet.rosters();
    if (!desired.known) return { from, why: desired.why, programs: [] };
    const wanted = programsOf(desired.value);
    if (wanted.length === 0) return { from, why: null, programs: [] };
    const environment = await ports.manager.environment();
    return { from, why: null, programs: await Promise.all(wanted.map((one) => look(one, environment, ports))) };
  },
  judge: ({ from, why, programs }) => {
    if (why !== null) return [{ state: 'unchecked', finding: 'not known which programs agents need', detail: why }];
    if (from === 'none')
      return [
        {
          state: 'unchecked',
          finding: 'not known which programs agents need',
          detail: 'No rosters are in force, and none are here.',
        },
      ];
    if (programs.length === 0) return [{ state: 'ok', finding: 'agents need no program but muster itself' }];
    return programs.map(judged);
  },
};

type Wanted = Pick<ProgramFacts, 'command' | 'runtime' | 'agents'> & { readonly path: string | null };

/** Agents that need the same program of the same PATH together. The stub is this program itself. */
function programsOf({ agents }: Desired): readonly Wanted[] {
  const wanted = new Map<string, Wanted>();
  for (const { name, runtime, running, program } of agents.values()) {
    if (!running || program.command === 'muster') continue;
    const key = JSON.stringify([runtime, program]);
    const others = wanted.get(key)?.agents ?? [];
    wanted.set(key, { ...program, runtime, agents: [...others, name] });
  }
  return [...wanted.values()];
}

async function look(
  { path, ...wanted }: Wanted,
  environment: Readonly<Record<string, string>>,
  { programs, fleet }: DoctorPorts,
): Promise<ProgramFacts> {
  const searched = agentSearchPath(fleet.facts, environment, path);
  const [file, shell] = await Promise.all([
    programs.find(wanted.command, searched),
    programs.find(wanted.command, programs.path),
  ]);
  if (file === null) return { ...wanted, file, shell, says: null, missing: null };
  const interpreter = await programs.interpreter(file);
  const missing = interpreter !== null && (await programs.find(interpreter, searched)) === null ? interpreter : null;
  // A program that a roster declares may do anything when it is started.
  const asked = missing === null && known.has(wanted.command) ? await programs.ask(file, ['--version']).catch(() => null) : null;
  return { ...wanted, file, shell, says: asked, missing };
}

/** Commands of built-in runtimes, and where they are had. */
const known: ReadonlyMap<string, string> = new Map([
  ['claude', '@anthropic-ai/claude-code'],
  ['codex', '@openai/codex'],
  ['opencode', 'opencode-ai'],
  ['pi', '@earendil-works/pi-coding-agent'],
]);

function judged({ command, runtime, agents, file, shell, says, missing }: ProgramFacts): Finding {
  const whose = `for ${agents.slice(0, 3).join(', ')}${agents.length > 3 ? ` and ${agents.length - 3} more` : ''}`;
  if (file === null)
    return {
      about: runtime,
      state: 'failing',
      finding: `${command} is not on the PATH of its units (${whose})`,
      detail:
        shell === null
          ? 'Units do not have the PATH of your shell: ~/.local/bin is on theirs.'
          : `Your shell finds ${shell}. Units do not have its PATH: ~/.local/bin is on theirs.`,
      mend: shell === null ? installed(command) : [link(shell)],
    };
  if (missing !== null)
    return {
      about: runtime,
      state: 'failing',
      finding: `${file} needs ${missing}, which is not on the PATH of its units (${whose})`,
      detail: 'It is a script: its first line names the program that runs it.',
      mend: [`mkdir -p ~/.local/bin && ln -s "$(command -v ${missing})" ~/.local/bin/`],
    };
  return { about: runtime, state: 'ok', finding: `${says === null ? '' : `${says} at `}${file}, ${whose}` };
}

const link = (file: string): string =>
  `mkdir -p ~/.local/bin && ln -s ${/^[\w@%+=:,./-]+$/.test(file) ? file : `'${file.replaceAll("'", "'\\''")}'`} ~/.local/bin/`;

const installed = (command: string): readonly string[] => {
  const name = known.get(command);
  return name === undefined ? [] : [`npm install -g --prefix ~/.local ${name}`];
};
