import { knownKeys } from '../roster/keys.ts';
import { appendItem, insertKey, removeItem, removeKey } from './block.ts';
import { type ConnectorChange, isData } from './change.ts';
import { bracedText, keyText, type MapStyle, pairText, usualStyle } from './entry.ts';
import { insertAfter, removePart } from './flow.ts';
import { type Layout, layoutOf, type Part } from './layout.ts';
import { columnOf, lineBreakAt } from './lines.ts';
import { EditRefused } from './refused.ts';
import { type Scalar, scalarText } from './scalar.ts';
import { insertion, type Splice } from './splice.ts';

/** Steps that make the connector of a roster what it is to be, one after another: each looks at the text that the one before it has left. */
export function connectorSteps(change: ConnectorChange, before: unknown): readonly ((text: string) => Splice[])[] {
  const { kind, operators, settings } = change;
  if (!isData(before)) return [(text) => insertBlock(text, rootOf(text), change)];
  const kept: readonly string[] = ['kind', kind, ...(operators === null && before.kind !== kind ? [] : ['operators'])];
  return [
    (text) => setScalar(text, blockOf(text), 'kind', kind),
    ...Object.keys(before)
      .filter((key) => !kept.includes(key))
      .map((key) => (text: string) => unset(text, blockOf(text), key)),
    ...(operators === null ? [] : operatorSteps(operators, before.operators)),
    ...Object.entries(settings).map(
      ([key, value]) =>
        (text: string) =>
          setSetting(text, kind, key, value),
    ),
  ];
}

const rootOf = (text: string): Layout => {
  const root = layoutOf(text);
  if (root !== null) return root;
  throw new EditRefused({ summary: 'this file has no keys at its top level', hint: 'Mend the file first.', at: 0 });
};

function blockOf(text: string): Layout {
  const part = rootOf(text).parts.find(({ key }) => key === 'connector');
  if (part?.value.kind === 'map') return part.value.layout;
  throw unwritten('connector', part);
}

const unwritten = (key: string, part: Part | undefined): EditRefused =>
  new EditRefused({
    summary: `\`${key}\` is not written out here, so that one part of it cannot be set alone`,
    detail: 'It is repeated from elsewhere in this file (*), or is no block of keys.',
    hint: `Write \`${key}\` out at this place by hand.`,
    at: part?.start ?? 0,
  });

/** A whole block, where the format has its place. */
function insertBlock(text: string, root: Layout, change: ConnectorChange): Splice[] {
  const style = styleOf(text, root);
  const index = placeFor('connector', knownKeys[''] ?? [], root.parts);
  const before = root.parts[index];
  const [first] = root.parts;
  if (root.flow || before === undefined || first === undefined)
    return insertAfter(text, root, index, pairInBraces(change, style));
  const next = root.parts[index + 1];
  const lineBreak = lineBreakAt(text, before.end);
  const apart = next !== undefined && /\n[ \t]*\r?\n/.test(text.slice(before.end, next.start)) ? lineBreak : '';
  const [splice] = insertKey(text, before, first, blockText(change, columnOf(text, first.start), lineBreak));
  return splice === undefined ? [] : [insertion(splice.start, `${apart}${splice.text}`)];
}

function blockText({ kind, operators, settings }: ConnectorChange, column: number, lineBreak: string): string {
  const indent = ' '.repeat(column + 2);
  const wanted = present(settings);
  const lines = [
    'connector:',
    `${indent}kind: ${scalarText(kind, 'plain')}`,
    ...(operators === null ? [] : [`${indent}operators: ${listText(operators)}`]),
    ...(wanted.length === 0
      ? []
      : [`${indent}${kind}:`, ...wanted.map(([key, value]) => `${indent}  ${pairText(key, value, usualStyle)}`)]),
  ];
  return lines.join(lineBreak);
}

function pairInBraces({ kind, operators, settings }: ConnectorChange, style: MapStyle): string {
  const own = bracedText(Object.fromEntries(present(settings)), style);
  const pairs = [
    pairText('kind', kind, style),
    ...(operators === null ? [] : [`${keyText('operators', style)}: ${listText(operators)}`]),
    ...(present(settings).length === 0 ? [] : [`${keyText(kind, style)}: ${own}`]),
  ];
  const space = style.spaced ? ' ' : '';
  return `${keyText('connector', style)}: {${space}${pairs.join(', ')}${space}}`;
}

const present = (settings: ConnectorChange['settings']): [string, Scalar][] =>
  Object.entries(settings).flatMap(([key, value]): [string, Scalar][] => (value === null ? [] : [[key, value]]));

const listText = (items: readonly string[]): string => `[${items.map((item) => scalarText(item, 'double')).join(', ')}]`;

/** One after another, so that what is said beside the others stays. */
function operatorSteps(wanted: readonly string[], before: unknown): readonly ((text: string) => Splice[])[] {
  const had: readonly unknown[] = Array.isArray(before) ? before : [];
  if (had.length === 0 || wanted.length === 0 || !had.some((one) => wanted.some((other) => other === one)))
    return [(text) => replaceOperators(text, wanted)];
  const gone = had.flatMap((one, index) => (wanted.some((other) => other === one) ? [] : [index])).toReversed();
  return [
    ...gone.map((index) => (text: string) => dropOperator(text, index)),
    ...wanted.filter((one) => !had.includes(one)).map((one) => (text: string) => addOperator(text, one)),
  ];
}

function replaceOperators(text: string, wanted: readonly string[]): Splice[] {
  const block = blockOf(text);
  const part = block.parts.find(({ key }) => key === 'operators');
  if (part === undefined) return insertPair(text, block, 'operators', listText(wanted));
  return [{ start: part.colon, end: part.end, text: ` ${listText(wanted)}` }];
}

function operatorsOf(text: string): Layout {
  const part = blockOf(text).parts.find(({ key }) => key === 'operators');
  if (part?.value.kind === 'list') return part.value.layout;
  throw unwritten('operators', part);
}

function dropOperator(text: string, index: number): Splice[] {
  const list = operatorsOf(text);
  return list.flow ? removePart(text, list, index) : removeItem(text, list, index);
}

function addOperator(text: string, operator: string): Splice[] {
  const list = operatorsOf(text);
  const item = scalarText(operator, 'double');
  if (list.flow) return insertAfter(text, list, list.parts.length - 1, item);
  return appendItem(text, list, columnOf(text, list.parts[0]?.start ?? 0), () => `- ${item}`);
}

function setSetting(text: string, kind: string, key: string, value: Scalar | null): Splice[] {
  const block = blockOf(text);
  const part = block.parts.find((one) => one.key === kind);
  if (part === undefined || part.value.kind === 'nothing') {
    if (value === null) return [];
    const style = styleOf(text, block);
    if (block.flow) return insertPair(text, block, kind, bracedText({ [key]: value }, style));
    const inner = `${lineBreakAt(text, block.open)}${' '.repeat(columnOf(text, block.parts[0]?.start ?? 0) + 2)}${pairText(key, value, style)}`;
    return part === undefined ? insertPair(text, block, kind, inner, '') : [insertion(part.colon, inner)];
  }
  if (part.value.kind !== 'map') throw unwritten(kind, part);
  const own = part.value.layout;
  if (value !== null) return setScalar(text, own, key, value);
  return own.parts.length === 1 && own.parts[0]?.key === key ? unset(text, block, kind) : unset(text, own, key);
}

function setScalar(text: string, map: Layout, key: string, value: Scalar): Splice[] {
  const part = map.parts.find((one) => one.key === key);
  if (part === undefined) return insertPair(text, map, key, scalarText(value, styleOf(text, map).json ? 'double' : 'plain'));
  const old = part.value;
  if (old.kind === 'nothing') return [insertion(part.colon, ` ${scalarText(value, 'plain')}`)];
  if (old.kind === 'list' || old.kind === 'map') throw unwritten(key, part);
  return [{ start: old.start, end: old.end, text: scalarText(value, old.kind === 'scalar' ? old.quote : 'plain') }];
}

/** `between` stands between the colon and what follows it. */
function insertPair(text: string, map: Layout, key: string, written: string, between = ' '): Splice[] {
  const index = placeFor(key, knownKeys.connector ?? [], map.parts);
  const pair = `${keyText(key, styleOf(text, map))}:${between}${written}`;
  const before = map.parts[index];
  const [first] = map.parts;
  if (map.flow || before === undefined || first === undefined) return insertAfter(text, map, index, pair);
  return insertKey(text, before, first, pair);
}

function unset(text: string, map: Layout, key: string): Splice[] {
  const index = map.parts.findIndex((one) => one.key === key);
  if (index === -1) return [];
  return map.flow ? removePart(text, map, index) : removeKey(text, map, index);
}

/** Index of the key that it comes after; `-1` in an empty map. */
function placeFor(key: string, order: readonly string[], parts: readonly Part[]): number {
  const rank = order.indexOf(key);
  const earlier = parts.findLastIndex((part) => part.key !== null && order.includes(part.key) && order.indexOf(part.key) < rank);
  return rank === -1 || earlier === -1 ? parts.length - 1 : earlier;
}

function styleOf(text: string, { flow, open, parts }: Layout): MapStyle {
  const [first] = parts;
  const spaced = !flow || first === undefined || /[ \r\n]/.test(text[open] ?? '');
  return { ...usualStyle, flow, spaced, json: flow && first !== undefined && text[first.start] === '"' };
}
