import path from 'node:path';
import { admit } from '../admission/admit.ts';
import { factories } from '../connectors/registry.ts';
import type { ShippedFiles } from '../host/shipped.ts';
import { stateReader } from '../host/state.ts';
import type { Desired } from '../model/desired.ts';
import { isError } from '../model/diagnostic.ts';
import type { AdmittedRecord, HostFacts, Observation } from '../model/observation.ts';
import type { RosterSet } from '../model/roster.ts';
import { observe } from '../observed/observe.ts';
import { scopeOf } from '../observed/scope.ts';
import { convergedOn } from '../plan/converged.ts';
import { type Context, exitStatus } from './context.ts';
import { desiredOf } from './desired.ts';
import type { HostFlags, SourceFlags } from './flags.ts';
import { factsElsewhere, factsOf, withHost } from './host.ts';
import { Refusal, refuse } from './refusal.ts';
import { readSource } from './source.ts';

export interface ComparisonFlags extends SourceFlags, HostFlags {
  readonly base?: string;
  readonly observed?: string;
}

/** What a plan is made against. Desired state says what to look for, and may come while `look` is already under way. */
export interface Comparison {
  readonly against: string;
  readonly facts: HostFacts;
  /** What was last admitted there, where that is known. */
  readonly previous: AdmittedRecord | null;
  readonly look: (desired: Promise<Desired>) => Promise<Observation>;
}

/** In this order of choice: a base revision, a snapshot, this host. */
export async function compareWith(
  dir: string | undefined,
  flags: ComparisonFlags,
  shipped: ShippedFiles,
  context: Context,
): Promise<Comparison> {
  if (flags.base !== undefined) return compareWithBase(flags.base, dir, flags, shipped, context);
  if (flags.observed !== undefined) return compareWithSnapshot(flags.observed, context);
  return compareWithHost(flags, context);
}

async function compareWithBase(
  base: string,
  dir: string | undefined,
  flags: ComparisonFlags,
  shipped: ShippedFiles,
  context: Context,
): Promise<Comparison> {
  return compareWithConverged(await readBase(base, dir, flags, shipped, context), factsElsewhere(flags, context), shipped);
}

/** What a base revision says. */
export interface Base {
  readonly revision: string;
  readonly set: RosterSet;
}

/** Refuses a base that names no commit. */
export async function readBase(
  base: string,
  dir: string | undefined,
  { rosters }: Pick<SourceFlags, 'rosters'>,
  shipped: ShippedFiles,
  context: Context,
): Promise<Base> {
  try {
    const { files, set } = await readSource(dir, { rosters, ref: base }, shipped, context);
    if (files.revision === null) throw new Refusal(files.diagnostics.filter(isError));
    return { revision: files.revision, set };
  } catch (error) {
    if (!(error instanceof Refusal) || !error.diagnostics.every(({ code }) => code === 'git/no-rosters')) throw error;
    // The change brings the first roster.
    return { revision: base, set: { rosters: [], roles: {}, diagnostics: [], sources: new Map() } };
  }
}

/** As if the host of these facts had converged on the base. */
export function compareWithConverged({ revision, set }: Base, facts: HostFacts, shipped: ShippedFiles) {
  const admission = admit({ set, scope: facts, connectors: factories, previous: null, consents: [] });
  // A base that was denied never ran as a whole; what of it can be composed is still the best there is to compare with.
  const selected = admission.admitted ? admission.selected : [];
  const observation = convergedOn(desiredOf({ ...admission, selected }, set, facts, shipped), revision, facts);
  const previous = observation.admitted.known ? observation.admitted.value : null;
  return { against: revision, facts, previous, observation, look: async () => observation };
}

async function compareWithSnapshot(file: string, context: Context): Promise<Comparison> {
  const { readSnapshot } = await import('./snapshot.ts');
  const observation = await readSnapshot(path.resolve(context.cwd, file), file);
  const previous = observation.admitted.known ? observation.admitted.value : null;
  return { against: 'snapshot', facts: observation.facts, previous, look: async () => observation };
}

async function compareWithHost(flags: ComparisonFlags, context: Context): Promise<Comparison> {
  const facts = factsOf(flags, context);
  refuseOtherTenant(flags, factsOf({}, context));
  const admitted = stateReader(facts.stateDir).admitted();
  const previous = await admitted.catch(() => null);
  // What the rosters are admitted by is what the plan is made against: it is read once.
  const look = (desired: Promise<Desired>): Promise<Observation> =>
    withHost(facts, context, ({ readers }) => {
      const state = { suspensions: readers.state.suspensions, admitted: () => admitted };
      return observe({ ...readers, state }, facts, desired.then(scopeOf));
    });
  return { against: 'host', facts, previous, look };
}

/** Units, files and lingering of a live host are those of the user who asks. */
function refuseOtherTenant({ tenant }: HostFlags, own: HostFacts): void {
  if (tenant === undefined || tenant === own.tenant) return;
  throw refuse(
    {
      code: 'usage',
      summary: `this is ${own.tenant}'s user manager, not ${tenant}'s`,
      detail: 'A live host is compared as the user who asks.',
      hint: `Log in as ${tenant}, or compare without a host: --base REV or --observed FILE`,
    },
    exitStatus.usage,
  );
}
