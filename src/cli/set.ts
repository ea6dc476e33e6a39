import type { Setting } from '../edit/change.ts';
import { type Context, type ExitStatus, exitStatus } from './context.ts';
import { type EditFlags, editRosters } from './edit-roster.ts';
import { settingOf, settingOfPair } from './edit-settings.ts';
import { agentToEdit } from './edit-target.ts';
import { refuse } from './refusal.ts';

export interface SetFlags extends EditFlags {
  readonly unset: readonly string[];
}

/** Sets keys of an agent, or takes them away. */
export async function set(name: string, pairs: readonly string[], flags: SetFlags, context: Context): Promise<ExitStatus> {
  const settings = [...pairs.map(settingOfPair), ...flags.unset.map((key) => settingOf(key, ''))];
  if (settings.length === 0)
    throw refuse(
      { code: 'usage', summary: 'nothing is said to be set', hint: `Such as: muster set ${name} model_hint=fast` },
      exitStatus.usage,
    );
  return editRosters(
    (rosters, facts) => {
      const { roster } = agentToEdit(name, rosters, flags, facts, context);
      return {
        change: 'set',
        agent: name,
        roster,
        edit: { kind: 'set', agent: name, settings },
        subject: subjectOf(settings, name, roster.fleet),
        body: settings.length === 1 && settings[0]?.path[0] === 'env' ? '' : settings.map(lineOf).join('\n'),
        instead: {
          'floor/one-orchestrator': handOver(roster.file),
          'floor/enhancer': 'Add another enhancer first: muster add NAME --class enhancer --runtime RUNTIME',
        },
        remarks: [],
      };
    },
    flags,
    context,
  );
}

const handOver = (file: string): string =>
  `To hand over to another orchestrator, give both agents their new class in one commit: edit ${file} by hand.`;

function subjectOf(settings: readonly Setting[], agent: string, fleet: string): string {
  const [first, ...others] = settings;
  if (first === undefined || others.length > 0) return `Change ${agent} of ${fleet}`;
  const key = first.path.join('.');
  return first.value === null ? `Unset ${key} of ${agent} in ${fleet}` : `Set ${key} of ${agent} in ${fleet}`;
}

/** Values of variables are left out: they are in the file. */
function lineOf({ path, value }: Setting): string {
  const key = path.join('.');
  if (value === null) return `${key}: taken away`;
  return path[0] === 'env' ? `${key}: set` : `${key}: ${value}`;
}
