import type { Diagnostic, Place } from '../model/diagnostic.ts';
import { isAscii } from './ascii.ts';
import type { Judged } from './findings.ts';
import { locator, placesIn } from './place.ts';
import { maskCredentials } from './secret-shape.ts';
import { findSuspects, maskedText, type SuspectSpan } from './suspects.ts';
import type { TextProblem } from './text-problem.ts';
import type { Span } from './written.ts';
import { withoutMark, type YamlReader } from './yaml-reader.ts';

/** Largest document that is read, in bytes of UTF-8. */
const maxDocumentBytes = 1024 * 1024;

/** One document as it was written, before anybody judged what it means. */
export interface ReadDocument {
  /** `null` where there is nothing to judge: what is wrong with the text is in `problems`, or it is empty. */
  readonly judged: Judged | null;
  readonly problems: readonly Diagnostic[];
  /** What looks like a credential. */
  readonly suspects: readonly SuspectSpan[];
  /** Makes the text as places count it, with what looks like a credential masked. Most of what is read is never shown. */
  readonly masked: () => string;
}

/** Reads YAML of any of our formats: finds all that is wrong with the text at once, each with its place; never throws. */
export function readDocument(file: string, text: string, read: YamlReader): ReadDocument {
  const body = withoutMark(text);
  const placeOf = placesIn(file, body);
  const refused = unreadable(body);
  if (refused !== null) {
    const masked = () => (refused.code === 'roster/too-large' ? '' : maskCredentials(body));
    return { judged: null, problems: [problemAt(refused, placeOf)], suspects: [], masked };
  }
  const { root, problems } = read(body);
  const told = problems.map((problem) => problemAt(problem, placeOf));
  if (root === null) return { judged: null, problems: told, suspects: [], masked: () => maskCredentials(body) };
  const suspects = findSuspects(root);
  const judged: Judged = { root, text: body, placeOf, locate: locator(root, placeOf) };
  return { judged, problems: told, suspects, masked: () => maskedText(body, suspects) };
}

/** Control characters and overrides of the writing direction: they show a reader something else than what is read. */
const invisible = (): RegExp => /(?![\t\n\r\u0085])[\p{Cc}\p{Cs}\u202A-\u202E\u2066-\u2069\uFEFF\uFFFE\uFFFF]/u;

/** Those of them that ASCII has. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const control = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/;

function unreadable(text: string): TextProblem | null {
  if (text.length > maxDocumentBytes || Buffer.byteLength(text) > maxDocumentBytes) {
    const hint = 'split the fleet into several rosters';
    return { code: 'roster/too-large', summary: 'this file is larger than 1 MiB', hint, start: 0, end: 0 };
  }
  const at = text.search(isAscii(text) ? control : invisible());
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

export function problemAt({ code, summary, hint, start, end }: TextProblem, placeOf: (span: Span) => Place): Diagnostic {
  return { severity: 'error', code, summary, ...(hint === undefined ? {} : { hint }), place: placeOf({ start, end }) };
}

/** What was said of the text comes first; what cannot be read there is not judged, besides, for what it is not. */
export const withoutEchoes = (told: readonly Diagnostic[], judged: readonly Diagnostic[]): Diagnostic[] => [
  ...told,
  ...judged.filter((finding) => !told.some((one) => samePlace(one, finding))),
];

const samePlace = (one: Diagnostic, other: Diagnostic): boolean =>
  one.place?.line === other.place?.line && one.place?.column === other.place?.column;
