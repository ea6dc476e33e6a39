import type { Diagnostic, Place } from '../model/diagnostic.ts';
import type { Roster, Suspect } from '../model/roster.ts';
import { buildRoster, type RosterDocument } from './build.ts';
import { findingsOf, type Judged } from './findings.ts';
import { noncharacterIn } from './noncharacters.ts';
import { locator, placesIn } from './place.ts';
import type { TextProblem } from './read-yaml.ts';
import { maskCredentials } from './secret-shape.ts';
import { findSuspects, maskedText } from './suspects.ts';
import type { SchemaValidator } from './validator.ts';
import { nodeAt, plainOf, type Span, type Written } from './written.ts';
import { withoutMark, type YamlReader } from './yaml-reader.ts';

/** Largest roster that is read, in bytes of UTF-8. */
export const maxRosterBytes = 1024 * 1024;
/** Most agents, and most runtimes, of one roster. */
const maxEntries = 10_000;
/** Findings told of one file; a file with more is not a roster. */
const maxFindings = 200;

export interface ParsedRoster {
  /** `null` when the file has errors. */
  readonly roster: Roster | null;
  readonly diagnostics: readonly Diagnostic[];
  readonly suspects: readonly Suspect[];
  /** The text as places count it, with what looks like a credential masked. */
  readonly source: string;
}

/** Reads one roster file. Finds all that is wrong with it at once, each with its place; never throws. */
export function parseRoster(file: string, text: string, validate: SchemaValidator, read: YamlReader): ParsedRoster {
  const body = withoutMark(text);
  const placeOf = placesIn(file, body);
  const refused = unreadable(body);
  if (refused !== null)
    return rejected([problemAt(refused, placeOf)], refused.code === 'roster/too-large' ? '' : maskCredentials(body));

  const { root, problems } = read(body);
  const told = problems.map((problem) => problemAt(problem, placeOf));
  if (root === null) return rejected(told.length > 0 ? told : [emptyFile(file)], maskCredentials(body));

  const spans = findSuspects(root);
  const suspects = spans.map((span) => ({ looksLike: span.looksLike, place: placeOf(span) }));
  const source = maskedText(body, spans);
  const judged: Judged = { root, text: body, placeOf, locate: locator(root, placeOf) };
  const { roster, diagnostics } = judge(file, judged, validate);
  const all = [...told, ...diagnostics.filter((finding) => !told.some((one) => samePlace(one, finding)))];
  return { roster: all.length > 0 ? null : roster, diagnostics: limited(all), suspects, source };
}

function judge(
  file: string,
  judged: Judged,
  validate: SchemaValidator,
): { roster: Roster | null; diagnostics: readonly Diagnostic[] } {
  const crowd = crowded(judged.root);
  const refused = crowd ?? noncharacterIn(judged.root, judged.text);
  if (refused !== null) return { roster: null, diagnostics: [problemAt(refused, judged.placeOf)] };
  const data = plainOf(judged.root);
  const { ok, errors } = validate(data);
  if (ok) return buildRoster(file, data as RosterDocument, judged.locate);
  // Another version has other keys: what this version's schema says about them would only mislead.
  const version = errors.filter((error) => error.keyword === 'const');
  const telling = version.length > 0 ? version : errors;
  const diagnostics = findingsOf(telling.slice(0, 2 * maxFindings), judged);
  // What the schema minds and this room leaves to admission is no finding: a connector of a kind that it does not know.
  return diagnostics.length > 0 ? { roster: null, diagnostics } : buildRoster(file, data as RosterDocument, judged.locate);
}

/** The schema is judged in time that grows with the square of what is wrong; beyond any fleet's size nothing is judged. */
function crowded(root: Written): TextProblem | null {
  for (const key of ['agents', 'runtimes']) {
    const { node, exact } = nodeAt(root, [key]);
    const size = !exact || node.kind === 'scalar' ? 0 : node.kind === 'list' ? node.items.length : node.entries.size;
    const summary = `${size} ${key} in one roster`;
    if (size > maxEntries) return { ...node, code: 'roster/too-large', summary, hint: `at most ${maxEntries} are read` };
  }
  return null;
}

/** Control characters and overrides of the writing direction: they show a reader something else than what is read. */
const invisible = /(?![\t\n\r\u0085])[\p{Cc}\p{Cs}\u202A-\u202E\u2066-\u2069\uFEFF\uFFFE\uFFFF]/u;

function unreadable(text: string): TextProblem | null {
  if (text.length > maxRosterBytes || Buffer.byteLength(text) > maxRosterBytes) {
    const hint = 'split the fleet into several rosters';
    return { code: 'roster/too-large', summary: 'this file is larger than 1 MiB', hint, start: 0, end: 0 };
  }
  const at = text.search(invisible);
  if (at === -1) return null;
  const code = text.charCodeAt(at).toString(16).toUpperCase().padStart(4, '0');
  const hint = 'take it out; inside double quotes it can be written as an escape';
  return {
    code: 'roster/syntax',
    summary: `an invisible character (U+${code}) that YAML does not allow`,
    hint,
    start: at,
    end: at + 1,
  };
}

function problemAt({ code, summary, hint, start, end }: TextProblem, placeOf: (span: Span) => Place): Diagnostic {
  return { severity: 'error', code, summary, ...(hint === undefined ? {} : { hint }), place: placeOf({ start, end }) };
}

const emptyFile = (file: string): Diagnostic => ({
  severity: 'error',
  code: 'roster/syntax',
  summary: 'this file has no roster in it',
  hint: 'write one, or take the file away',
  place: { file, line: 1, column: 1 },
});

const rejected = (diagnostics: readonly Diagnostic[], source: string): ParsedRoster => ({
  roster: null,
  diagnostics: limited(diagnostics),
  suspects: [],
  source,
});

/** What cannot be read is not judged for what it is not. */
const samePlace = (one: Diagnostic, other: Diagnostic): boolean =>
  one.place?.line === other.place?.line && one.place?.column === other.place?.column;

function limited(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const [first] = diagnostics;
  if (diagnostics.length <= maxFindings || first === undefined) return diagnostics;
  const summary = `more than ${maxFindings} findings in this file: the others are not shown`;
  return [
    ...diagnostics.slice(0, maxFindings),
    { ...first, code: 'roster/syntax', summary, hint: 'mend the first ones and look again' },
  ];
}
