import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { admit } from '../admission/admit.ts';
import type { ShippedFiles } from '../host/shipped.ts';
import { stateReader } from '../host/state.ts';
import type { Desired } from '../model/desired.ts';
import { isError } from '../model/diagnostic.ts';
import type { AdmittedRecord, HostFacts, Observation } from '../model/observation.ts';
import { observe } from '../observed/observe.ts';
import { scopeOf } from '../observed/scope.ts';
import { convergedOn } from '../plan/converged.ts';
import { type Context, exitStatus } from './context.ts';
import type { HostFlags, SourceFlags } from './flags.ts';
import { desiredOf, factsElsewhere, factsOf, withHost } from './host.ts';
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
  const facts = factsElsewhere(flags, context);
  const { files, set } = await readSource(dir, { rosters: flags.rosters, ref: base }, shipped, context);
  if (files.revision === null) throw new Refusal(files.diagnostics.filter(isError));
  const revision = files.revision;
  const admission = admit({ set, scope: facts, servedKinds: ['tmux'], previous: null, consents: [] });
  // A base that was denied never ran as a whole; what of it can be composed is still the best there is to compare with.
  const selected = admission.admitted ? admission.selected : [];
  const observation = convergedOn(desiredOf({ ...admission, selected }, set, facts, shipped), revision, facts);
  const previous = observation.admitted.known ? observation.admitted.value : null;
  return { against: revision, facts, previous, look: async () => observation };
}

async function compareWithSnapshot(file: string, context: Context): Promise<Comparison> {
  const observation = await readSnapshot(path.resolve(context.cwd, file), file);
  const previous = observation.admitted.known ? observation.admitted.value : null;
  return { against: 'snapshot', facts: observation.facts, previous, look: async () => observation };
}

async function compareWithHost(flags: ComparisonFlags, context: Context): Promise<Comparison> {
  const facts = factsOf(flags, context);
  refuseOtherTenant(flags, factsOf({}, context));
  const previous = await stateReader(facts.stateDir)
    .admitted()
    .catch(() => null);
  const look = (desired: Promise<Desired>): Promise<Observation> =>
    withHost(facts, context, ({ readers }) => observe(readers, facts, desired.then(scopeOf)));
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

const parts = ['linger', 'files', 'units', 'stale', 'tmux', 'records', 'completed', 'programs', 'admitted'] as const;

async function readSnapshot(file: string, shown: string): Promise<Observation> {
  const snapshot = await readJsonFile(file, shown, 'snapshot/format', 'Write one on the host: muster ps --snapshot FILE');
  const { format_version: version, facts } = snapshot as Partial<Observation>;
  // Older versions knew of no suspensions.
  const whole =
    parts.every((part) => isKnown(snapshot[part])) &&
    isKnown(snapshot.suspensions ?? { known: true, value: [] }) &&
    isFacts(facts);
  if (typeof version === 'string' && version.startsWith('1.') && whole) return snapshot as unknown as Observation;
  throw refuse({
    code: 'snapshot/format',
    summary: `${shown} is not a snapshot that this version can read`,
    detail: whole
      ? `It says format_version ${JSON.stringify(version) ?? 'nothing'}; this version reads 1.x.`
      : 'Parts of it are missing or of another shape.',
    hint: 'Write one on the host: muster ps --snapshot FILE',
  });
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isKnown = (value: unknown): boolean =>
  isObject(value) && (value.known === true ? 'value' in value : value.known === false && typeof value.why === 'string');

const isFacts = (value: unknown): boolean =>
  isObject(value) &&
  ['host', 'tenant', 'home', 'mosaicHome', 'stateDir'].every((key) => typeof value[key] === 'string') &&
  Array.isArray(value.launcher);

/** A JSON object from a file that a user names. */
export async function readJsonFile(
  file: string,
  shown: string,
  code: 'snapshot/format' | 'plan/format',
  hint: string,
): Promise<Readonly<Record<string, unknown>>> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw refuse({ code, summary: `${shown} cannot be read`, detail: why, hint });
  }
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch {
    // Said below, as for every other text that is not an object.
  }
  throw refuse({ code, summary: `${shown} does not hold a JSON object`, hint });
}
