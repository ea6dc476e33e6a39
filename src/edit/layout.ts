import {
  type CST,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseDocument,
  Scalar,
  type YAMLMap,
} from 'yaml';

/** Where the parts of a list or map stand, and how it is written. Offsets into the text without its byte order mark. */
export interface Layout {
  /** In brackets or braces. */
  readonly flow: boolean;
  /** After the opening bracket; of a block, its first character. */
  readonly open: number;
  /** Before the closing bracket; of a block, the end of its last value. */
  readonly close: number;
  readonly parts: readonly Part[];
}

/** An item of a list with its dash and anchor, or a key with its value; `end` is where the value ends, comments left out. */
export interface Part {
  readonly start: number;
  readonly end: number;
  /** `null` of an item. */
  readonly key: string | null;
  /** After the colon of a key, and the anchor of its value. */
  readonly colon: number;
  readonly value: Value;
}

export type Value =
  | { readonly kind: 'list'; readonly layout: Layout; readonly start: number }
  | { readonly kind: 'map'; readonly layout: Layout; readonly start: number }
  | { readonly kind: 'alias'; readonly start: number; readonly end: number; readonly name: string }
  | { readonly kind: 'scalar'; readonly start: number; readonly end: number; readonly quote: Quote }
  | { readonly kind: 'nothing' };

export type Quote = 'plain' | 'single' | 'double';

/** The layout of a text that `readYaml` has read without a problem; `null` where it is no map. */
export function layoutOf(text: string): Layout | null {
  const document = parseDocument(text, {
    keepSourceTokens: true,
    merge: false,
    uniqueKeys: false,
    logLevel: 'silent',
    prettyErrors: false,
  });
  const root = writtenValue(document.contents, text);
  return root.kind === 'map' ? root.layout : null;
}

function writtenValue(node: unknown, text: string): Value {
  if (isMap(node)) return { kind: 'map', start: startOf(node), layout: layout(node, mapParts(node, text), text) };
  if (isSeq(node)) return { kind: 'list', start: startOf(node), layout: layout(node, listParts(node, text), text) };
  const [start = 0] = rangeOf(node);
  if (isAlias(node)) return { kind: 'alias', start, end: endOf(node, text), name: node.source };
  if (!isScalar(node) || endOf(node, text) <= start) return { kind: 'nothing' };
  const quote = node.type === Scalar.QUOTE_DOUBLE ? 'double' : node.type === Scalar.QUOTE_SINGLE ? 'single' : 'plain';
  return { kind: 'scalar', start, end: endOf(node, text), quote };
}

function layout(node: Node & { flow?: boolean }, parts: readonly Part[], text: string): Layout {
  const [start = 0, end = 0] = rangeOf(node);
  if (node.flow === true) return { flow: true, open: start + 1, close: end - 1, parts };
  return { flow: false, open: start, close: endOf(node, text), parts };
}

function listParts(node: Node & { items: unknown[]; srcToken?: CST.Token }, text: string): Part[] {
  const tokens = node.srcToken !== undefined && 'items' in node.srcToken ? node.srcToken.items : [];
  return node.items.map((item, index) => {
    // Of `[{…}]` a pair without braces is an item of its own; it is nothing that an agent could be.
    const value: Value = isPair(item) ? { kind: 'nothing' } : writtenValue(item, text);
    const start = propertiesStart(tokens[index]?.start) ?? startOf(item);
    return { start, end: endOf(item, text), key: null, colon: start, value };
  });
}

const mapParts = (node: YAMLMap, text: string): Part[] =>
  node.items.map((pair) => {
    const [keyStart = 0, keyEnd = 0] = rangeOf(pair.key);
    const source = pair.srcToken;
    const start = propertiesStart(source?.start) ?? keyStart;
    const colon = afterColon(source, keyEnd);
    const value = writtenValue(pair.value, text);
    const key = isScalar(pair.key) ? String(pair.key.value) : '';
    return { start, end: value.kind === 'nothing' ? colon : endOf(pair.value, text), key, colon, value };
  });

/** An anchor or tag of the value stands with the colon. */
function afterColon(source: Pair['srcToken'], otherwise: number): number {
  const signs = ['map-value-ind', 'anchor', 'tag'];
  const last = source?.sep?.findLast(({ type }) => signs.includes(type));
  return last === undefined ? otherwise : last.offset + last.source.length;
}

/** Where the dash, anchor or tag before a value starts. */
function propertiesStart(tokens: readonly CST.SourceToken[] | undefined): number | null {
  const signs = ['seq-item-ind', 'explicit-key-ind', 'anchor', 'tag'];
  return tokens?.find(({ type }) => signs.includes(type))?.offset ?? null;
}

const startOf = (node: unknown): number => rangeOf(isPair(node) ? node.key : node)[0] ?? 0;

/** Where what is written of a value ends: a block's range goes on over the comments and blank lines below it. */
function endOf(node: unknown, text: string): number {
  if (isPair(node)) return Math.max(endOf(node.key, text), endOf(node.value, text));
  const [, end = 0] = rangeOf(node);
  const last = (isMap(node) || isSeq(node)) && node.flow !== true ? node.items.at(-1) : undefined;
  if (last !== undefined) return endOf(last, text);
  return text.slice(0, end).trimEnd().length;
}

const rangeOf = (node: unknown): readonly number[] =>
  (isAlias(node) || isMap(node) || isSeq(node) || isScalar(node) ? node.range : null) ?? [];
