import type { TextProblem } from './text-problem.ts';

/** Words for the parser's findings; its own where it has better ones. */
const words: Readonly<Record<string, readonly [summary: string, hint?: string]>> = {
  ALIAS_PROPS: ['an alias cannot have an anchor or a tag'],
  BAD_ALIAS: ['an anchor or alias has no proper name', 'a value that starts with & or * needs quotes'],
  BAD_COLLECTION_TYPE: ['this value is not of the type that its tag names', 'leave the tag out'],
  BAD_DIRECTIVE: ['a line that starts with % is a directive', 'leave the line out'],
  BAD_DQ_ESCAPE: ['a double-quoted text has an escape that YAML does not know', 'double the backslash, or use single quotes'],
  BAD_INDENT: ['the indentation does not fit the lines around it', 'items of one block begin in the same column'],
  BAD_PROP_ORDER: ['anchor and tag stand before the value, on the same line'],
  BAD_SCALAR_START: ['a plain text cannot start with this character', 'put the value in quotes'],
  BLOCK_AS_IMPLICIT_KEY: ['a block stands on the same line as its key', 'begin the block on the next line, indented'],
  BLOCK_IN_FLOW: ['a block stands inside braces or brackets', 'write it in braces too'],
  COMMENT_SPACE: ['a comment needs a space before its #', 'put the value in quotes if the # belongs to it'],
  IMPOSSIBLE: ['the text cannot be read here'],
  KEY_OVER_1024_CHARS: ['a key is longer than 1024 characters'],
  MISSING_CHAR: ['a character is missing'],
  MULTILINE_IMPLICIT_KEY: ['a key goes over several lines', 'a colon or a closing quote may be missing'],
  MULTIPLE_ANCHORS: ['a value has two anchors'],
  MULTIPLE_TAGS: ['a value has two tags'],
  NON_STRING_KEY: ['a key is not text'],
  TAB_AS_INDENT: ['a tab is used for indentation', 'YAML indents with spaces'],
  TAG_RESOLVE_FAILED: ['tags are not read here', 'leave the tag (the word after !) out, or put the value in quotes'],
  UNEXPECTED_TOKEN: ['something stands here that does not belong here'],
};

/** Better words for findings whose code alone says too little, by the parser's own message. */
const sayings: readonly (readonly [message: RegExp, summary: string, hint?: string])[] = [
  [/^Missing closing/, 'a quote is not closed'],
  [/^Missing , or : /, 'a comma or a colon is missing between two items'],
  [/^Missing , /, 'a comma is missing between two items'],
  [/^Missing space after :/, 'a space is missing after a colon'],
  [/followed by map values/, 'a key has no colon after it', 'write it as key: value'],
  [/^Sequence item without -/, 'an item of a list has no dash before it'],
  [/end with a ?\}/, 'a brace is not closed'],
  [/end with a ?\]/, 'a bracket is not closed'],
  [/must be separated/, 'a space is missing before a comment, tag or anchor'],
];

/** A finding of the parser, in words for whoever wrote the file. */
export function syntaxProblem(error: { code: string; message: string; pos: [number, number] }): TextProblem {
  const [start, end] = error.pos;
  const said = sayings.find(([message]) => message.test(error.message));
  const [summary, hint] = said ? [said[1], said[2]] : (words[error.code] ?? ['the text is not valid YAML']);
  const problem = { start, end: Math.max(end, start + 1), code: 'roster/syntax' as const, summary };
  return hint === undefined ? problem : { ...problem, hint };
}
