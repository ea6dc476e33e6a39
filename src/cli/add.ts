import type { Setting } from '../edit/change.ts';
import type { Entry } from '../edit/entry.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { isName } from '../model/names.ts';
import { agentPath, type Roster } from '../model/roster.ts';
import { type Context, type ExitStatus, exitStatus } from './context.ts';
import { type EditFlags, editRosters } from './edit-roster.ts';
import { settingOf } from './edit-settings.ts';
import { fleetToEdit } from './edit-target.ts';
import { Refusal, refuse } from './refusal.ts';

export interface AddFlags extends EditFlags {
  readonly runtime?: string;
  readonly class?: string;
  readonly persistentPersona?: boolean;
  readonly modelHint?: string;
  readonly workingDirectory?: string;
  readonly env: readonly string[];
  readonly disabled?: boolean;
  readonly ephemeral?: boolean;
  readonly onChange?: string;
  readonly memoryMax?: string;
  readonly cpuWeight?: string;
  readonly tasksMax?: string;
}

/** Writes an agent into a roster, behind the others. */
export async function add(name: string, flags: AddFlags, context: Context): Promise<ExitStatus> {
  if (!isName(name)) throw noName(name);
  const entry = entryOf(name, flags);
  return editRosters(
    (rosters, facts, { masked }) => {
      const roster = fleetToEdit(rosters, flags, facts, context);
      refuseTaken(name, roster, masked);
      return {
        change: 'add',
        agent: name,
        roster,
        edit: { kind: 'add', entry },
        subject: `Add ${name} to ${roster.fleet}`,
        body: bodyOf(entry),
        instead: { 'names/unique': 'Choose another name: another fleet of the same host has one like this.' },
        remarks: [],
      };
    },
    flags,
    context,
  );
}

/** In the order of the documentation; only what is said on the command line. */
function entryOf(name: string, flags: AddFlags): Entry {
  const given: readonly (readonly [key: string, value: string | undefined])[] = [
    ['runtime', flags.runtime],
    ['class', flags.class],
    ['persistent_persona', flags.persistentPersona === true ? 'true' : undefined],
    ['model_hint', flags.modelHint],
    ['working_directory', flags.workingDirectory],
    ...flags.env.map((pair): [string, string] => variableOf(pair)),
    ['enabled', flags.disabled === true ? 'false' : undefined],
    ['state', flags.start === false ? 'stopped' : undefined],
    ['lifecycle', flags.ephemeral === true ? 'ephemeral' : undefined],
    ['on_change', flags.onChange],
    ['resources.memory_max', flags.memoryMax],
    ['resources.cpu_weight', flags.cpuWeight],
    ['resources.tasks_max', flags.tasksMax],
  ];
  const settings = given.flatMap(([key, value]) => (value === undefined ? [] : [settingOf(key, value)]));
  return settings.reduce(withSetting, { name } as Entry);
}

function withSetting(entry: Entry, { path: [key, inner], value }: Setting): Entry {
  if (value === null) return entry;
  if (inner === undefined) return { ...entry, [key]: value };
  const block = entry[key];
  return { ...entry, [key]: { ...(typeof block === 'object' ? block : {}), [inner]: value } };
}

function variableOf(pair: string): [key: string, value: string] {
  const at = pair.indexOf('=');
  if (at > 0) return [`env.${pair.slice(0, at)}`, pair.slice(at + 1)];
  throw refuse(
    { code: 'usage', summary: `--env ${JSON.stringify(pair)} is no variable`, hint: 'Such as --env EDITOR=vi' },
    exitStatus.usage,
  );
}

const noName = (name: string): Refusal =>
  refuse(
    {
      code: 'usage',
      summary: `${JSON.stringify(name)} cannot be the name of an agent`,
      hint: 'Names are lower-case letters, digits and dashes, at most 63, starting with a letter or digit.',
    },
    exitStatus.usage,
  );

/** Said before anything is tried: what is meant is most often `set`. */
function refuseTaken(name: string, roster: Roster, sources: ReadonlyMap<string, string>): void {
  const index = roster.agents.findIndex((agent) => agent.name === name);
  if (index === -1) return;
  const finding: Diagnostic = {
    severity: 'error',
    code: 'names/unique',
    summary: `fleet ${roster.fleet} has an agent ${name} already`,
    detail: 'Nothing was changed.',
    hint: `To change that one: muster set ${name} KEY=VALUE. To add another, give it another name.`,
    place: roster.locate(agentPath(index, 'name')),
  };
  throw new Refusal([finding], exitStatus.denied, sources);
}

/** Values of variables are left out: they are in the file. */
const bodyOf = ({ name: _, ...entry }: Entry): string =>
  Object.entries(entry)
    .map(([key, value]) =>
      typeof value === 'object'
        ? `${key}: ${Object.entries(value)
            .map(([inner, one]) => (key === 'env' ? inner : `${inner} ${one}`))
            .join(', ')}`
        : `${key}: ${value}`,
    )
    .join('\n');
