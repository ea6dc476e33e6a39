import {
  type Alias,
  Composer,
  type CST,
  type DocumentOptions,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  type ParseOptions,
  Parser,
  type Scalar,
  type SchemaOptions,
} from 'yaml';
import type { DiagnosticCode } from '../model/diagnostic.ts';
import type { Span, Written, WrittenEntry } from './written.ts';

/** A finding about the text itself, before its meaning. */
export interface TextProblem extends Span {
  readonly code: DiagnosticCode;
  readonly summary: string;
  readonly hint?: string;
}

export interface ReadYaml {
  /** `null` when there is nothing that could be judged further. */
  readonly root: Written | null;
  readonly problems: readonly TextProblem[];
}

/** Most uses of `*alias` in one file. */
const maxAliases = 100;
/** Most values that aliases may add to what is written. */
const maxExpansion = 10_000;

/** Findings of the text itself after which reading on tells nobody anything. */
const maxErrors = 50;

/** One YAML 1.2 document by the core schema: no merge keys, no tags, keys are text. Collects every problem; never throws. */
export function readYaml(text: string): ReadYaml {
  try {
    const { tokens, problems } = tokensOf(text);
    const tangle = measure(tokens);
    if (tangle !== null) return { root: null, problems: [tangle] };
    const [document] = new Composer(options).compose(tokens, true, text.length);
    for (const error of [...(document?.errors ?? []), ...(document?.warnings ?? [])]) problems.push(syntaxProblem(error));
    if (problems.length > 0 || !document || document.contents === null) return { root: null, problems };
    return build(document.contents, text.length);
  } catch {
    // A defect of the parser must not reach a user as a crash.
    return { root: null, problems: [{ code: 'roster/syntax', summary: 'this file cannot be read as YAML', start: 0, end: 0 }] };
  }
}

const options: DocumentOptions & SchemaOptions & ParseOptions = {
  uniqueKeys: false, // its check is quadratic in the number of keys; done below
  merge: false,
  logLevel: 'silent',
  prettyErrors: false,
};

/** The tokens of the first document. */
function tokensOf(text: string): { readonly tokens: CST.Token[]; readonly problems: TextProblem[] } {
  const tokens: CST.Token[] = [];
  let documents = 0;
  let errors = 0;
  for (const token of new Parser().parse(text)) {
    if (token.type === 'document') documents += 1;
    if (token.type === 'error') errors += 1;
    if (documents > 1) return { tokens, problems: [secondDocument(token.offset)] };
    tokens.push(token);
    if (errors > maxErrors) break;
  }
  return { tokens, problems: [] };
}

const secondDocument = (offset: number): TextProblem => ({
  code: 'roster/syntax',
  summary: 'this file has more than one document',
  hint: 'keep one document per file: take the line --- out',
  start: offset,
  end: offset + 1,
});

const maxDepth = 100;
const maxTokens = 500_000;

/** What follows recurses into the document: a deep one would end the whole process, not only its reading. */
function measure(tokens: readonly CST.Token[]): TextProblem | null {
  const open: { readonly token: CST.Token; readonly depth: number }[] = [];
  for (const token of tokens) if (token.type === 'document') open.push({ token, depth: 0 });
  let count = 0;
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { token, depth } = next;
    count += 1 + ('end' in token ? (token.end?.length ?? 0) : 0);
    if (depth > maxDepth)
      return { code: 'roster/syntax', summary: 'this file is nested too deeply', start: token.offset, end: token.offset + 1 };
    if (token.type === 'document' && token.value) open.push({ token: token.value, depth: depth + 1 });
    for (const { start, key, sep, value } of 'items' in token ? token.items : []) {
      count += start.length + (sep?.length ?? 0);
      if (key) open.push({ token: key, depth: depth + 1 });
      if (value) open.push({ token: value, depth: depth + 1 });
    }
    if (count > maxTokens)
      return { code: 'roster/too-large', summary: 'this file has too many values and marks', start: 0, end: 0 };
  }
  return null;
}

function build(contents: Node, length: number): ReadYaml {
  const problems: TextProblem[] = [];
  const anchors = new Map<string, Written | 'open'>();
  const sizes = new Map<Written, number>();
  let aliases = 0;
  let expansion = 0;

  const anchored = (name: string | undefined, make: () => Written): Written => {
    if (name === undefined) return make();
    anchors.set(name, 'open');
    const written = make();
    anchors.set(name, written);
    return written;
  };

  const follow = (alias: Alias, span: Span): Written => {
    const target = anchors.get(alias.source);
    aliases += 1;
    const absent: Written = { kind: 'scalar', value: null, ...span };
    if (target === undefined) {
      const hint = 'a text that starts with * needs quotes, as in "*-gpu"';
      problems.push({ ...span, code: 'roster/aliases', summary: 'an alias names no anchor before it', hint });
      return absent;
    }
    if (target === 'open') {
      problems.push({ ...span, code: 'roster/aliases', summary: 'an alias stands inside the value that it repeats' });
      return absent;
    }
    expansion += sizeOf(target, sizes);
    return { ...target, ...span };
  };

  const convert = (node: unknown, at: Span): Written => {
    const span = spanOf(node, at);
    if (isAlias(node)) return follow(node, span);
    if (isMap(node)) return anchored(node.anchor, () => ({ kind: 'map', entries: entriesOf(node.items, span), ...span }));
    if (isSeq(node))
      return anchored(node.anchor, () => ({ kind: 'list', items: node.items.map((item) => convert(item, span)), ...span }));
    if (isScalar(node)) return anchored(node.anchor, () => ({ kind: 'scalar', value: plainValue(node.value), ...span }));
    return { kind: 'scalar', value: null, ...span };
  };

  const entriesOf = (pairs: readonly Pair[], at: Span): Map<string, WrittenEntry> => {
    const entries = new Map<string, WrittenEntry>();
    for (const pair of pairs) {
      const key = spanOf(pair.key, at);
      const name = isScalar(pair.key) ? keyName(pair.key) : null;
      const value = convert(pair.value, { start: key.end, end: key.end });
      if (name === null) problems.push({ ...key, code: 'roster/type', summary: 'expected a key, found a block, list or alias' });
      else if (entries.has(name)) problems.push(duplicate(key, name));
      else entries.set(name, { key, value });
    }
    return entries;
  };

  const root = convert(contents, { start: 0, end: length });
  if (aliases > maxAliases || expansion > maxExpansion) {
    return { root: null, problems: [...problems, tooManyAliases(aliases)] };
  }
  return { root, problems };
}

const duplicate = (key: Span, name: string): TextProblem => ({
  ...key,
  code: 'roster/syntax',
  summary: `the key ${JSON.stringify(name)} is written twice in one block`,
  hint: 'keep one of the two',
});

const tooManyAliases = (count: number): TextProblem => ({
  code: 'roster/aliases',
  summary: count > maxAliases ? `this file uses ${count} aliases` : 'the aliases of this file expand to too many values',
  hint: `write the values out: at most ${maxAliases} aliases and ${maxExpansion} repeated values are read`,
  start: 0,
  end: 0,
});

/** Values below a node, aliases expanded; grows with what is written only, as shared nodes are counted once. */
function sizeOf(node: Written, sizes: Map<Written, number>): number {
  if (node.kind === 'scalar') return 1;
  const known = sizes.get(node);
  if (known !== undefined) return known;
  const children = node.kind === 'list' ? node.items : [...node.entries.values()].map((entry) => entry.value);
  const size = children.reduce((sum, child) => sum + sizeOf(child, sizes), 1);
  sizes.set(node, size);
  return size;
}

/** Keys are text as written: `1` and `True` name what they spell. */
const keyName = ({ value, source }: Scalar): string => (typeof value === 'string' ? value : (source ?? String(value)));

function plainValue(value: unknown): string | number | boolean | null {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  return null;
}

function spanOf(node: unknown, otherwise: Span): Span {
  const range = isAlias(node) || isMap(node) || isSeq(node) || isScalar(node) ? node.range : null;
  return range ? { start: range[0], end: range[1] } : otherwise;
}

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

function syntaxProblem(error: { code: string; message: string; pos: [number, number] }): TextProblem {
  const [start, end] = error.pos;
  const said = sayings.find(([message]) => message.test(error.message));
  const [summary, hint] = said ? [said[1], said[2]] : (words[error.code] ?? ['the text is not valid YAML']);
  const problem = { start, end: Math.max(end, start + 1), code: 'roster/syntax' as const, summary };
  return hint === undefined ? problem : { ...problem, hint };
}
