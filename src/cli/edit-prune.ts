import { admit } from '../admission/admit.ts';
import { factories } from '../connectors/registry.ts';
import { stateReader } from '../host/state.ts';
import type { HostFacts } from '../model/observation.ts';
import type { RosterSet } from '../model/roster.ts';
import { exitStatus } from './context.ts';
import type { EditPlace } from './edit-place.ts';
import { refuse } from './refusal.ts';

/**
 * What this host would say to so many agents leaving at once, against what was last carried out here: with `commit` that is refused, for
 * such a commit would be denied; else it is a remark for whoever commits it.
 */
export async function pruneRemarks(
  set: RosterSet,
  { root }: Pick<EditPlace, 'root'>,
  facts: HostFacts,
  commit: boolean,
): Promise<readonly string[]> {
  const recorded = await stateReader(facts.stateDir)
    .admitted()
    .catch(() => null);
  // What another repository has here is nothing to these rosters.
  const previous = recorded?.source?.root === root ? recorded : null;
  const { diagnostics } = admit({ set, scope: facts, connectors: factories, previous, consents: [] });
  const found = diagnostics.filter(({ code }) => code === 'prune/mass');
  const [first] = found;
  if (commit && first !== undefined)
    throw refuse(
      {
        code: 'edit/denied',
        summary: `nothing was changed: with this edit ${first.summary}, and its commit would be denied`,
        ...(first.detail === undefined ? {} : { detail: first.detail }),
        hint: `Leave --commit out, and commit it yourself: ${first.hint ?? ''}`,
      },
      exitStatus.denied,
    );
  return found.map(({ summary, hint = '' }) => `${summary}: ${hint}`);
}
