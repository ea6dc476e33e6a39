import type { Completion } from '../completion/complete.ts';
import { isName } from '../model/names.ts';
import type { Context } from './context.ts';
import { factsOf } from './host.ts';

/** Names for this meaning, sorted; none for one that names nothing of this host. */
export async function named(meaning: Completion['meaning'], context: Context): Promise<readonly string[]> {
  switch (meaning) {
    case 'agents':
      return agentsAndFleets(context).then(({ agents }) => sorted(agents));
    case 'fleets':
      return agentsAndFleets(context).then(({ fleets }) => sorted(fleets));
    case 'agents-and-fleets':
      return agentsAndFleets(context).then(({ agents, fleets }) => sorted([...agents, ...fleets]));
    case 'classes':
      return classes(context);
    case 'refs':
      return refs(context);
    default:
      return [];
  }
}

interface Names {
  readonly agents: readonly string[];
  readonly fleets: readonly string[];
}

/** Of what was last carried out here, and of the rosters that are here. */
async function agentsAndFleets(context: Context): Promise<Names> {
  const found = await Promise.all(
    [recorded(context), here(context)].map((names) => names.catch(() => ({ agents: [], fleets: [] }))),
  );
  return { agents: found.flatMap(({ agents }) => agents), fleets: found.flatMap(({ fleets }) => fleets) };
}

async function recorded(context: Context): Promise<Names> {
  const { stateReader } = await import('../host/state.ts');
  const fleets = (await stateReader(factsOf({}, context).stateDir).admitted())?.fleets ?? {};
  return { agents: Object.values(fleets).flat(), fleets: Object.keys(fleets) };
}

async function here({ cwd, env }: Context): Promise<Names> {
  const [{ readWorktree }, { readRosterSet }, { validateRoster }, { yamlReaderFor }] = await Promise.all([
    import('../git/read.ts'),
    import('../roster/read.ts'),
    import('../roster/validator.ts'),
    import('../roster/yaml-reader.ts'),
  ]);
  const files = await readWorktree({ dir: cwd, rosters: 'rosters', env });
  const { rosters } = readRosterSet(files, {}, validateRoster, await yamlReaderFor(files.rosters.map(({ text }) => text)));
  return { agents: rosters.flatMap(({ agents }) => agents.map(({ name }) => name)), fleets: rosters.map(({ fleet }) => fleet) };
}

async function classes({ packageRoot }: Context): Promise<readonly string[]> {
  const [{ readShipped }, { readRole }] = await Promise.all([import('../host/shipped.ts'), import('../roster/role-document.ts')]);
  return [
    ...new Set(Object.entries(readShipped(packageRoot).roles).flatMap(([name, text]) => readRole(name, text).classes)),
  ].sort();
}

async function refs({ cwd, env }: Context): Promise<readonly string[]> {
  const { branchesOf } = await import('../git/names.ts');
  return (await branchesOf(cwd, env)).filter((name) => plainRef.test(name));
}

/** A shell puts a word in as it is: the name of a branch may be somebody else's, and a command to a shell. */
const plainRef = /^[\w@][\w@%+=:,./-]*$/;

const sorted = (names: readonly string[]): readonly string[] => [...new Set(names)].filter(isName).sort();
