import type { Diagnostic } from '../model/diagnostic.ts';
import type { Roster, Suspect } from '../model/roster.ts';
import { buildRoster, type RosterDocument } from './build.ts';
import { problemAt, readDocument, withoutEchoes } from './document.ts';
import { findingsOf, type Judged } from './findings.ts';
import { noncharacterIn } from './noncharacters.ts';
import { rosterFormat } from './roster-format.ts';
import type { TextProblem } from './text-problem.ts';
import type { SchemaValidator } from './validator.ts';
import { nodeAt, plainOf, type Written } from './written.ts';
import type { YamlReader } from './yaml-reader.ts';

/** Most agents, and most runtimes, of one roster. */
const maxEntries = 10_000;
/** Findings told of one file; a file with more is not a roster. */
const maxFindings = 200;

export interface ParsedRoster {
  /** `null` when the file has errors. */
  readonly roster: Roster | null;
  readonly diagnostics: readonly Diagnostic[];
  readonly suspects: readonly Suspect[];
  /** Makes the text as places count it, with what looks like a credential masked. */
  readonly masked: () => string;
}

/** Reads one roster file. Finds all that is wrong with it at once, each with its place; never throws. */
export function parseRoster(file: string, text: string, validate: SchemaValidator, read: YamlReader): ParsedRoster {
  const { judged, problems, suspects, masked } = readDocument(file, text, read);
  if (judged === null) return rejected(problems.length > 0 ? problems : [emptyFile(file)], masked);
  const { roster, diagnostics } = judge(file, judged, validate);
  const all = withoutEchoes(problems, diagnostics);
  const places = suspects.map((span) => ({ looksLike: span.looksLike, place: judged.placeOf(span) }));
  return { roster: all.length > 0 ? null : roster, diagnostics: limited(all), suspects: places, masked };
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
  const diagnostics = findingsOf(telling.slice(0, 2 * maxFindings), judged, rosterFormat);
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

const emptyFile = (file: string): Diagnostic => ({
  severity: 'error',
  code: 'roster/syntax',
  summary: 'this file has no roster in it',
  hint: 'write one, or take the file away',
  place: { file, line: 1, column: 1 },
});

const rejected = (diagnostics: readonly Diagnostic[], masked: () => string): ParsedRoster => ({
  roster: null,
  diagnostics: limited(diagnostics),
  suspects: [],
  masked,
});

function limited(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const [first] = diagnostics;
  if (diagnostics.length <= maxFindings || first === undefined) return diagnostics;
  const summary = `more than ${maxFindings} findings in this file: the others are not shown`;
  return [
    ...diagnostics.slice(0, maxFindings),
    { ...first, code: 'roster/syntax', summary, hint: 'mend the first ones and look again' },
  ];
}
