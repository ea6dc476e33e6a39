import type { EditReport } from '../views/edit.ts';
import { captured, parsed } from './captured.ts';
import { type Context, exitStatus } from './context.ts';
import type { EditPlace } from './edit-place.ts';
import type { EditFlags } from './edit-roster.ts';
import { formatOf } from './flags.ts';
import { Refusal, refuse } from './refusal.ts';

/** Before anything is changed: whether what `--start` asks for could be asked at all. */
export function refuseUnaskable({ followed }: EditPlace, flags: EditFlags, { stdin, stderr }: Context): void {
  if (flags.commit !== true)
    throw refuse(
      {
        code: 'usage',
        summary: '--start is said without --commit',
        hint: 'A host becomes what is committed: say --commit, too.',
      },
      exitStatus.usage,
    );
  const canAsk = stdin.isTTY === true && stderr.isTTY === true && formatOf(flags) === 'text';
  if (followed !== null || flags.yes === true || canAsk) return;
  throw refuse(
    {
      code: 'usage',
      summary: 'nobody can be asked whether to carry it out',
      hint: 'Agree beforehand with --yes, or leave --start out.',
    },
    exitStatus.usage,
  );
}

/** The same once the branch is known: a controller beside the commit would never carry it out. */
export function refuseUnfollowed({ followed }: EditPlace, follows: boolean, branch: string): void {
  if (followed === null || follows) return;
  throw refuse({
    code: 'apply/controlled',
    summary: `nothing was changed: the controller of this host does not follow ${branch} here`,
    detail: `It follows ${followed.ref} of ${followed.repository}, and carries out nothing else.`,
    hint: 'Leave --start out, then merge or push it there, and the controller follows.',
  });
}

/** Has the controller look now, where one follows this branch; plans, asks and carries out where none runs. */
export async function bringToHost(
  place: EditPlace,
  follows: boolean,
  flags: EditFlags,
  context: Context,
): Promise<EditReport['host']> {
  const inner = formatOf(flags) === 'json' ? captured(context) : { context, text: () => '' };
  const status = follows ? await reconciled(flags, inner.context) : await applied(place, flags, inner.context);
  return { command: follows ? 'reconcile' : 'apply', status, result: parsed(inner.text()) };
}

async function reconciled(flags: EditFlags, context: Context): Promise<number> {
  const { reconcile } = await import('./reconcile.ts');
  return reconcile(flags, context).catch((error: unknown) => committedAlready(error));
}

async function applied({ root, source }: EditPlace, flags: EditFlags, context: Context): Promise<number> {
  const { apply } = await import('./apply.ts');
  const which = { rosters: source.files.folder || '.', ref: 'HEAD' };
  const output = { json: flags.json, format: flags.format, color: flags.color, quiet: flags.quiet, yes: flags.yes };
  const given = Object.fromEntries(Object.entries(output).filter(([, value]) => value !== undefined));
  return apply(root, { ...which, ...given }, context).catch((error: unknown) => committedAlready(error));
}

/** The commit stands, whatever became of the host. */
function committedAlready(error: unknown): never {
  if (!(error instanceof Refusal)) throw error;
  const [first, ...others] = error.diagnostics;
  if (first === undefined) throw error;
  const detail = [first.detail, 'The roster is committed all the same.'].filter((part) => part !== undefined).join(' ');
  throw new Refusal([{ ...first, detail }, ...others], error.status, error.sources);
}
