import path from 'node:path';
import type { Scope } from '../admission/admit.ts';
import { namedScopes } from '../admission/scopes.ts';
import { readShipped, type ShippedFiles } from '../host/shipped.ts';
import type { Rehearsal, RehearsalStep } from '../model/rehearsal.ts';
import { runSandbox } from '../sandbox/run.ts';
import { renderJson } from '../views/json.ts';
import { renderRehearsalEnd, renderRehearsalHead, renderRehearsalStep } from '../views/rehearse.ts';
import { type Base, readBase } from './comparison.ts';
import { type Context, type ExitStatus, exitStatus } from './context.ts';
import { formatOf, type HostFlags, type OutputFlags, type SourceFlags } from './flags.ts';
import { factsElsewhere } from './host.ts';
import { show, styleOf } from './output.ts';
import { judgedFor, planFor } from './plan-all.ts';
import { Refusal } from './refusal.ts';
import { commandsOf, placesOf, rehearsable } from './rehearsable.ts';
import type { Script } from './rehearse-inside.ts';
import { readSource, refuseDenied, type Source } from './source.ts';

export interface RehearseFlags extends SourceFlags, HostFlags, OutputFlags {
  readonly base?: string;
}

/** Does on a private host what a change would do to each host that it touches: from the base to the change, and through a reboot. */
export async function rehearse(dir: string | undefined, flags: RehearseFlags, context: Context): Promise<ExitStatus> {
  const shipped = readShipped(context.packageRoot);
  const source = await readSource(dir, flags, shipped, context);
  const before = await baseOf(dir, flags, shipped, context);
  const rehearsals: Rehearsal[] = [];
  for (const scope of scopesFor(source, before, flags, shipped, context))
    rehearsals.push(await rehearsal(scriptFor(dir, scope, source, before, flags, context), before, source, flags, context));
  tellOf(rehearsals, source, before, flags, context);
  return rehearsals.some(isBroken) ? exitStatus.failed : exitStatus.done;
}

const isBroken = ({ steps }: Rehearsal): boolean => steps.some(({ outcome }) => outcome === 'failed');

/** Without a word about it: what stood there before the change; of a first commit that is nothing. */
async function baseOf(dir: string | undefined, flags: RehearseFlags, shipped: ShippedFiles, context: Context): Promise<Base> {
  if (flags.base !== undefined) return readBase(flags.base, dir, flags, shipped, context);
  const usual = flags.worktree === true ? 'HEAD' : `${flags.ref}~1`;
  return readBase(usual, dir, flags, shipped, context).catch((error: unknown) => {
    if (
      error instanceof Refusal &&
      error.diagnostics.every(({ code }) => code === 'git/unknown-revision' || code === 'git/no-commit')
    )
      return { revision: '', set: { rosters: [], roles: {}, diagnostics: [], sources: new Map() } };
    throw error;
  });
}

/** The one that is named, or all that the change touches. Refuses (status 3) what would be denied for one of them. */
function scopesFor(
  source: Source,
  before: Base,
  flags: RehearseFlags,
  shipped: ShippedFiles,
  context: Context,
): readonly Scope[] {
  const all = namedScopes([...source.set.rosters, ...before.set.rosters]);
  const { host, tenant } = factsElsewhere(flags, context);
  const isNamed = flags.host !== undefined || flags.tenant !== undefined;
  const scopes = isNamed ? [{ host, tenant }] : all;
  const judged = scopes.map((scope) => ({ scope, ...judgedFor(scope, source, before, shipped, context) }));
  refuseDenied(
    judged.flatMap(({ admission }) => admission.diagnostics),
    source.set,
  );
  if (isNamed) return scopes;
  return judged.filter((one) => planFor(one, source, {}, shipped).plan.actions.length > 0).map(({ scope }) => scope);
}

function scriptFor(
  dir: string | undefined,
  scope: Scope,
  source: Source,
  before: Base,
  flags: RehearseFlags,
  { cwd }: Context,
): Script {
  const rosters = [source.set, before.set].flatMap((set) => rehearsable(set, scope).rosters);
  const hasBase = before.set.rosters.length > 0;
  return {
    dir: path.resolve(cwd, dir ?? '.'),
    rosters: flags.rosters,
    ...scope,
    base: hasBase ? before.revision : null,
    change: flags.worktree === true ? null : source.files.revision,
    commands: commandsOf(rosters),
    places: placesOf(rosters),
  };
}

async function rehearsal(
  script: Script,
  before: Base,
  source: Source,
  flags: RehearseFlags,
  context: Context,
): Promise<Rehearsal> {
  const style = styleOf(flags, context.stdout, context);
  const isText = formatOf(flags) === 'text';
  const { host, tenant } = script;
  if (isText && flags.quiet !== true)
    show(renderRehearsalHead(host, tenant, nameOf(before), changeOf(source, flags), style), context);
  const steps: RehearsalStep[] = [];
  const take = (line: string): void => {
    const step = JSON.parse(line) as RehearsalStep;
    steps.push(step);
    if (isText && flags.quiet !== true) show(renderRehearsalStep(step, style), context);
  };
  const result = await runSandbox({
    packageRoot: context.packageRoot,
    command: ['muster', 'rehearse-inside', JSON.stringify(script)],
    hostname: /^[a-z0-9][a-z0-9-]{0,62}$/.test(host) ? host : null,
    cwd: context.cwd,
    uid: context.uid,
    env: context.env,
    keep: [source.files.root ?? script.dir],
    onLine: take,
  });
  if ('unavailable' in result) throw new Refusal([result.unavailable]);
  if (result.exitStatus !== 0 && !steps.some(({ outcome }) => outcome === 'failed'))
    take(JSON.stringify(brokenOff(result.exitStatus, steps)));
  return { host, tenant, steps };
}

const brokenOff = (status: number, steps: readonly RehearsalStep[]): RehearsalStep => ({
  step: steps.length === 0 ? 'prepare' : 'reboot',
  outcome: 'failed',
  ms: 0,
  detail: '',
  actions: 0,
  ended: [],
  live: 0,
  problems: [`the private host ended with ${status}`],
});

const nameOf = ({ revision, set }: Base): string =>
  set.rosters.length === 0 ? 'nothing' : /^[0-9a-f]{40,64}$/.test(revision) ? revision.slice(0, 12) : revision;

const changeOf = ({ files }: Source, { worktree }: RehearseFlags): string =>
  worktree === true ? 'the working tree' : (files.revision ?? '').slice(0, 12);

function tellOf(rehearsals: readonly Rehearsal[], source: Source, before: Base, flags: RehearseFlags, context: Context): void {
  if (formatOf(flags) === 'json')
    show(
      renderJson({
        format_version: '1.0',
        base: before.set.rosters.length === 0 ? null : before.revision,
        revision: flags.worktree === true ? null : source.files.revision,
        outcome: rehearsals.some(isBroken) ? 'failed' : 'done',
        rehearsals,
      }),
      context,
    );
  else show(renderRehearsalEnd(rehearsals, styleOf(flags, context.stdout, context)), context);
}
