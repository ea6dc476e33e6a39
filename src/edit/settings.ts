import { knownKeys } from '../roster/keys.ts';
import { agentOf } from './agents.ts';
import { insertKey, removeKey } from './block.ts';
import type { Setting } from './change.ts';
import { type Entry, type MapStyle, pairText, usualStyle } from './entry.ts';
import { insertAfter, removePart } from './flow.ts';
import type { Layout, Part } from './layout.ts';
import { EditRefused } from './refused.ts';
import { scalarText } from './scalar.ts';
import { insertion, type Splice } from './splice.ts';

/** Sets or takes away one key of an agent. */
export function setKey(text: string, root: Layout, name: string, { path: [key, inner], value }: Setting): Splice[] {
  const agent = agentOf(text, root, name);
  if (inner === undefined) return value === null ? unset(text, agent, key) : set(text, agent, key, value);
  const part = agent.parts.find((one) => one.key === key);
  if (part === undefined) return value === null ? [] : set(text, agent, key, { [inner]: value });
  if (part.value.kind !== 'map') throw repeated(key, part);
  const block = part.value.layout;
  if (value !== null) return set(text, block, inner, value);
  return block.parts.some((one) => one.key === inner) && block.parts.length === 1
    ? unset(text, agent, key)
    : unset(text, block, inner);
}

function set(text: string, map: Layout, key: string, value: Entry[string]): Splice[] {
  const part = map.parts.find((one) => one.key === key);
  if (part === undefined) return insert(text, map, key, value);
  const old = part.value;
  if (typeof value === 'object' || old.kind === 'list' || old.kind === 'map') throw repeated(key, part);
  if (old.kind === 'nothing') return [insertion(part.colon, ` ${scalarText(value, 'plain')}`)];
  return [{ start: old.start, end: old.end, text: scalarText(value, old.kind === 'scalar' ? old.quote : 'plain') }];
}

/** In the order of the documentation, behind the keys that are there. */
function insert(text: string, map: Layout, key: string, value: Entry[string]): Splice[] {
  const index = placeFor(key, map.parts);
  const style = styleOf(text, map);
  const pair = pairText(key, value, style);
  const before = map.parts[index];
  const [first] = map.parts;
  if (map.flow || before === undefined || first === undefined)
    return insertAfter(text, map, index, index === -1 && style.spaced ? ` ${pair} ` : pair);
  return insertKey(text, before, first, pair);
}

/** Index of the key that it comes after; `-1` in an empty map. */
function placeFor(key: string, parts: readonly Part[]): number {
  const order = [...(knownKeys['agents.*'] ?? []), ...(knownKeys['agents.*.resources'] ?? [])];
  const rank = order.indexOf(key);
  const earlier = parts.findLastIndex((part) => part.key !== null && order.includes(part.key) && order.indexOf(part.key) < rank);
  return rank === -1 || earlier === -1 ? parts.length - 1 : earlier;
}

function unset(text: string, map: Layout, key: string): Splice[] {
  const index = map.parts.findIndex((one) => one.key === key);
  if (index === -1) return [];
  return map.flow ? removePart(text, map, index) : removeKey(text, map, index);
}

function styleOf(text: string, { flow, open, parts }: Layout): MapStyle {
  const [first] = parts;
  const spaced = !flow || first === undefined || /[ \r\n]/.test(text[open] ?? '');
  return { ...usualStyle, flow, spaced, json: flow && first !== undefined && text[first.start] === '"' };
}

const repeated = (key: string, { start }: Part): EditRefused =>
  new EditRefused({
    summary: `\`${key}\` is not written out here, so that one part of it cannot be set alone`,
    detail: 'It is repeated from elsewhere in this file (*), or is no block of keys.',
    hint: `Write \`${key}\` out at this place by hand.`,
    at: start,
  });
