import { admit } from '../admission/admit.ts';
import { factories } from '../connectors/registry.ts';
import type { Edit } from '../edit/change.ts';
import { editRoster } from '../edit/edit.ts';
import { EditRefused } from '../edit/refused.ts';
import { readRevision } from '../git/read.ts';
import type { ShippedFiles } from '../host/shipped.ts';
import { type Diagnostic, isError } from '../model/diagnostic.ts';
import type { RosterFiles, RosterSet } from '../model/roster.ts';
import { placesIn } from '../roster/place.ts';
import { readRosterSet } from '../roster/read.ts';
import { validateRoster } from '../roster/validator.ts';
import { withoutMark, yamlReaderFor } from '../roster/yaml-reader.ts';
import type { Context } from './context.ts';
import { exitStatus } from './context.ts';
import type { EditPlace } from './edit-place.ts';
import { Refusal, refuse } from './refusal.ts';

/** The text of a roster after an edit; refuses one that cannot be made so that nothing else changes. */
export function edited(file: string, text: string, edit: Edit): string {
  try {
    return editRoster(text, edit);
  } catch (error) {
    if (!(error instanceof EditRefused)) throw error;
    const { at, ...said } = error.problem;
    const place = placesIn(file, withoutMark(text))({ start: at, end: at });
    const where = at === 0 ? {} : { place };
    throw new Refusal(
      [{ severity: 'error', code: 'edit/unsafe', ...said, summary: `nothing was changed: ${said.summary}`, ...where }],
      exitStatus.failed,
      new Map([[file, withoutMark(text)]]),
    );
  }
}

/** One file as it would be, among the others as they are. */
export interface Candidate {
  readonly file: string;
  readonly text: string;
  /** What to do instead, by the code of what is denied. */
  readonly instead: Readonly<Record<string, string>>;
}

/**
 * Refuses (status 3) what admission would deny, over all rosters and for every host that they can tell apart. Gives the sources with what
 * looks like a credential masked, and what is to be known besides.
 */
export async function admitCandidate(candidate: Candidate, place: EditPlace, shipped: ShippedFiles) {
  const before = judged(place.source.set);
  const { set, diagnostics } = await judgedWith(candidate, place.source.files, shipped);
  if (diagnostics.some(isError)) throw denied(diagnostics, before, candidate, set);
  return { set, sources: set.sources, notices: diagnostics.filter((one) => !before.some((other) => isSame(one, other))) };
}

/** The same for what a commit of this file alone would be: other files may have changes that are not committed. */
export async function admitCommit(
  candidate: Candidate,
  place: EditPlace,
  shipped: ShippedFiles,
  { env }: Context,
): Promise<void> {
  const { files } = place.source;
  if (!files.dirty) return;
  const committed = await readRevision({ dir: place.root, rosters: files.folder || '.', ref: 'HEAD', env });
  const { set, diagnostics } = await judgedWith(candidate, committed, shipped);
  if (!diagnostics.some(isError)) return;
  const own = refuse({
    code: 'edit/denied',
    summary: 'nothing was changed: this commit alone would be denied',
    detail: 'Other rosters or role documents have changes that are not committed, and with them it would be admitted.',
    hint: 'Commit those first, or leave --commit out and commit all of it together.',
  });
  throw new Refusal([...diagnostics.filter(isError), ...own.diagnostics], exitStatus.denied, set.sources);
}

async function judgedWith({ file, text }: Candidate, files: RosterFiles, shipped: ShippedFiles) {
  const others = files.rosters.filter((one) => one.file !== file);
  const rosters = [...others, { file, text: withoutMark(text) }].sort((a, b) => (a.file < b.file ? -1 : 1));
  const read = await yamlReaderFor(rosters.map((one) => one.text));
  const set = readRosterSet({ ...files, rosters }, shipped.roles, validateRoster, read);
  return { set, diagnostics: judged(set) };
}

const judged = (set: RosterSet): readonly Diagnostic[] =>
  admit({ set, scope: null, connectors: factories, previous: null, consents: [] }).diagnostics;

function denied(
  diagnostics: readonly Diagnostic[],
  before: readonly Diagnostic[],
  { instead }: Candidate,
  set: RosterSet,
): Refusal {
  const errors = diagnostics.filter(isError);
  const caused = errors.filter((one) => !before.some((other) => isSame(one, other)));
  if (caused.length === 0) return new Refusal([...errors, deniedAlready], exitStatus.denied, set.sources);
  const hint = caused.map(({ code }) => instead[code]).find((words) => words !== undefined);
  const own: Diagnostic = {
    severity: 'error',
    code: 'edit/denied',
    summary: 'nothing was changed: with this edit the rosters would be denied',
    detail: `By ${[...new Set(caused.map(({ code }) => code))].join(', ')}, as above. Lines are those of the edited text.`,
    ...(hint === undefined ? {} : { hint }),
  };
  return new Refusal([...errors, own], exitStatus.denied, set.sources);
}

const deniedAlready: Diagnostic = {
  severity: 'error',
  code: 'edit/denied',
  summary: 'nothing was changed: the rosters are denied, with this edit and without it',
  hint: 'Settle the findings above first.',
};

/** Lines move with an edit; what is said of them does not. */
const isSame = (one: Diagnostic, other: Diagnostic): boolean =>
  one.code === other.code && one.summary === other.summary && one.place?.file === other.place?.file;
