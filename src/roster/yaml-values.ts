import { type Alias, isAlias, isMap, isScalar, isSeq, type Node, type Pair, type Scalar } from 'yaml';
import type { TextProblem } from './text-problem.ts';
import type { Span, Written, WrittenEntry } from './written.ts';

/** Most uses of `*alias` in one file. */
const maxAliases = 100;
/** Most values that aliases may add to what is written. */
const maxExpansion = 10_000;

/** What a composed document says, aliases followed, with the place of every value. `length` in characters of the whole text. */
export function valuesOf(contents: Node, length: number): { root: Written | null; problems: TextProblem[] } {
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
