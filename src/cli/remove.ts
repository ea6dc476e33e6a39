import { commentsAbove } from '../edit/agents.ts';
import type { Agent, Roster } from '../model/roster.ts';
import type { Context, ExitStatus } from './context.ts';
import { type EditFlags, editRosters, type Wanted } from './edit-roster.ts';
import { agentToEdit } from './edit-target.ts';

export interface RemoveFlags extends EditFlags {
  readonly keepFiles?: boolean;
}

/** Takes an agent out of its roster; with `--keep-files` it stays there, stopped, and what is its own stays with it. */
export async function remove(name: string, flags: RemoveFlags, context: Context): Promise<ExitStatus> {
  return editRosters(
    (rosters, facts, { own }) => {
      const { roster, agent } = agentToEdit(name, rosters, flags, facts, context);
      const instead = insteadOf(agent, roster);
      return flags.keepFiles === true
        ? { ...stopped(agent, roster), instead }
        : { ...gone(agent, roster, own.get(roster.file) ?? ''), instead };
    },
    flags,
    context,
  );
}

const gone = (agent: Agent, roster: Roster, text: string): Omit<Wanted, 'instead'> => ({
  change: 'remove',
  agent: agent.name,
  roster,
  edit: { kind: 'remove', agent: agent.name },
  subject: `Remove ${agent.name} from ${roster.fleet}`,
  body: `It was of class ${agent.class}, on ${agent.runtime}.`,
  remarks: remarksOf(commentsAbove(text, agent.name), roster.file),
});

const remarksOf = (lines: readonly number[], file: string): readonly string[] => {
  const [first] = lines;
  if (first === undefined) return [];
  const where = lines.length === 1 ? `line ${first}` : `lines ${first} to ${lines.at(-1)}`;
  return [`The comment above it stays (${file}, ${where}): take it out if it spoke of this agent alone.`];
};

const stopped = (agent: Agent, roster: Roster): Omit<Wanted, 'instead'> => ({
  change: 'remove',
  agent: agent.name,
  roster,
  edit: { kind: 'set', agent: agent.name, settings: [{ path: ['state'], value: 'stopped' }] },
  subject: `Stop ${agent.name} of ${roster.fleet}`,
  body: 'Its entry stays in the roster, and its files on the host.',
  remarks: [`It stays in the roster, stopped. To start it again: muster set ${agent.name} state=`],
});

function insteadOf({ name, runtime }: Agent, { file, fleet }: Roster): Wanted['instead'] {
  return {
    'floor/one-orchestrator': `Fleet ${fleet} needs its orchestrator. To run it otherwise, change it: muster set ${name} runtime=…; to hand over to another agent, change both in one commit: edit ${file} by hand.`,
    'floor/enhancer': `Add another enhancer first: muster add NAME --class enhancer --runtime ${runtime} --fleet ${fleet}`,
  };
}
