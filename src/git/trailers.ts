import { isName } from '../model/names.ts';

/**
 * Fleets whose mass removal a commit consents to: the `Muster-Allow-Prune: FLEET` lines in the last paragraph of its
 * message, where git keeps trailers. git's own reader is not asked: what it runs is for the repository to configure.
 *
 * @param commit the commit object, headers and message
 */
export function allowedPrunes(commit: string): readonly string[] {
  const headersEnd = commit.indexOf('\n\n');
  const paragraphs = (headersEnd < 0 ? '' : commit.slice(headersEnd + 2)).trim().split(/\n[ \t]*\n/);
  // A message of one paragraph is all subject.
  const last = paragraphs.length > 1 ? (paragraphs.at(-1) ?? '') : '';
  const named = last.split('\n').map((line) => /^muster-allow-prune[ \t]*:[ \t]*(\S+)[ \t\r]*$/i.exec(line)?.[1] ?? '');
  return [...new Set(named.filter(isName))].sort();
}
