import { admit } from '../admission/admit.ts';
import { factories } from '../connectors/registry.ts';
import { composeDesired } from '../desired/compose.ts';
import { readShipped, type ShippedFiles } from '../host/shipped.ts';
import type { Desired } from '../model/desired.ts';
import { type Diagnostic, type DiagnosticCode, isError } from '../model/diagnostic.ts';
import { messageOf } from '../model/message-of.ts';
import type { AdmittedRecord, HostFacts, Observation } from '../model/observation.ts';
import type { StateReader } from '../model/ports.ts';
import { unreadableFindings } from '../plan/unreadable.ts';
import { type Context, exitStatus } from './context.ts';
import { desiredOf } from './desired.ts';
import type { SourceFlags } from './flags.ts';
import { tell } from './output.ts';
import { Refusal } from './refusal.ts';
import { readSource, type Source } from './source.ts';

export interface InForceFlags extends SourceFlags {
  /** Whether the user named a revision or a directory. */
  readonly explicit?: boolean;
}

export interface InForce {
  readonly desired: Desired;
  /** The roster directory holds no roster at all. */
  readonly rosterless: boolean;
  /** What was carried out here last cannot be read: then `desired` desires nothing, and what is desired is unknown. `null`: it is known. */
  readonly unread: Unread | null;
}

export interface Unread {
  readonly finding: Diagnostic;
  /** The same in a line. */
  readonly why: string;
}

/**
 * What was last carried out here, unless a directory or revision is named. Where nothing was, what is here; nothing is desired where
 * there is nothing here either.
 */
export async function desiredInForce(
  dir: string | undefined,
  flags: InForceFlags,
  facts: HostFacts,
  state: Pick<StateReader, 'admitted'>,
  context: Context,
): Promise<InForce> {
  const shipped = readShipped(context.packageRoot);
  if (dir !== undefined || flags.explicit === true) {
    const source = await readSource(dir, flags, shipped, context).catch(async (error: unknown) => {
      throw (await agentMeant(error, dir, state)) ?? error;
    });
    return inForce(source, facts, shipped);
  }
  try {
    const recorded = await onRecord(facts, state, shipped, context);
    if (recorded !== null) return recorded;
  } catch (error) {
    return { ...nothing(facts, shipped), unread: asUnread(error) };
  }
  return here(flags, facts, shipped, context);
}

/** An agent where a directory is asked for; `null`: it is none. */
async function agentMeant(
  error: unknown,
  dir: string | undefined,
  state: Pick<StateReader, 'admitted'>,
): Promise<Refusal | null> {
  const [finding] = error instanceof Refusal ? error.diagnostics : [];
  if (finding?.code !== 'git/not-a-repository' || dir === undefined) return null;
  const fleets = (await state.admitted().catch(() => null))?.fleets ?? {};
  if (!Object.values(fleets).some((agents) => agents.includes(dir))) return null;
  return new Refusal([{ ...finding, hint: `${dir} is an agent here: muster explain ${dir}` }]);
}

/** What was last carried out here; `null` where that cannot be read any more, or nothing was. */
export async function desiredOnRecord(
  facts: HostFacts,
  state: Pick<StateReader, 'admitted'>,
  context: Context,
): Promise<Desired | null> {
  const recorded = await onRecord(facts, state, readShipped(context.packageRoot), context);
  return recorded?.desired ?? null;
}

/** `null` where nothing was carried out here; rejects where it cannot be read what was. */
async function onRecord(
  facts: HostFacts,
  state: Pick<StateReader, 'admitted'>,
  shipped: ShippedFiles,
  context: Context,
): Promise<InForce | null> {
  const record = await state.admitted();
  if (record?.source == null) return null;
  try {
    return inForce(await readRecorded(record, record.source, shipped, context), facts, shipped);
  } catch (error) {
    throw unreadable(record, record.source.root, error);
  }
}

function readRecorded(
  { revision }: AdmittedRecord,
  { root, rosters }: NonNullable<AdmittedRecord['source']>,
  shipped: ShippedFiles,
  context: Context,
): Promise<Source> {
  const read = revision === null ? { rosters, ref: 'HEAD', worktree: true } : { rosters, ref: revision };
  return readSource(root, read, shipped, context);
}

/** Says of which repository and revision, and what became of it there. */
function unreadable({ revision }: AdmittedRecord, root: string, error: unknown): Unreadable {
  const what = revision === null ? `the working tree ${root}` : `revision ${revision.slice(0, 12)} of ${root}`;
  const { code, summary, detail } =
    (error instanceof Refusal ? error.diagnostics.find(isError) : undefined) ??
    ({ code: 'git/failed', summary: messageOf(error), detail: '' } as const);
  return new Unreadable(
    code,
    `${what}, carried out here last, cannot be read`,
    [summary, detail ?? ''].filter((text) => text !== '').join(': '),
    'Bring it back to where it was, or name a repository: muster ps DIR',
  );
}

class Unreadable extends Error {
  readonly unread: Unread;

  constructor(code: DiagnosticCode, summary: string, cause: string, hint: string) {
    super(summary);
    const why = cause.replace(/\.$/, '');
    const detail = `${why}. What is desired is unknown until it can.`;
    this.unread = { finding: { severity: 'warning', code, summary, detail, hint }, why: `${summary}: ${why}` };
  }
}

/** The record itself may be what cannot be read, or of a newer version. */
function asUnread(error: unknown): Unread {
  if (error instanceof Unreadable) return error.unread;
  const hint = 'Mend or move away that file, or name a repository: muster ps DIR';
  return new Unreadable('state/unreadable', 'what was carried out here last cannot be read', messageOf(error), hint).unread;
}

/** What could not be read of host and repository, each thing once. */
export const findingsOf = (observation: Observation, unread: Unread | null): readonly Diagnostic[] => [
  ...unreadableFindings(observation).filter(({ code }) => code !== unread?.finding.code),
  ...(unread === null ? [] : [unread.finding]),
];

async function here(flags: InForceFlags, facts: HostFacts, shipped: ShippedFiles, context: Context): Promise<InForce> {
  const source = await readSource('.', flags, shipped, context).catch((error: unknown) => {
    if (!(error instanceof Refusal)) throw error;
    tell('no rosters here, and none recorded on this host: showing only what runs\n\n', context);
    return null;
  });
  return source === null ? nothing(facts, shipped) : inForce(source, facts, shipped);
}

function inForce({ set }: Source, facts: HostFacts, shipped: ShippedFiles): InForce {
  const admission = admit({ set, scope: facts, connectors: factories, previous: null, consents: [] });
  if (!admission.admitted) throw new Refusal(admission.diagnostics, exitStatus.denied, set.sources);
  return { desired: desiredOf(admission, set, facts, shipped), rosterless: set.rosters.length === 0, unread: null };
}

const nothing = (facts: HostFacts, { templates }: ShippedFiles): InForce => ({
  desired: composeDesired({ rosters: [], roles: {}, facts, templates }),
  rosterless: true,
  unread: null,
});
