import { withoutMark } from '../roster/yaml-reader.ts';
import { appendItem, removeItem } from './block.ts';
import { bracedText, type Entry, itemText, type MapStyle, usualStyle } from './entry.ts';
import { insertAfter, removePart } from './flow.ts';
import { type Layout, layoutOf, type Part, type Value } from './layout.ts';
import { blockEnd, columnOf, lineBreakAt, lineStart } from './lines.ts';
import { EditRefused } from './refused.ts';
import { deletion, insertion, type Splice } from './splice.ts';

interface Agents {
  /** The key `agents` with its list. */
  readonly part: Part;
  readonly list: Layout;
}

export function agentsOf(root: Layout): Agents {
  const part = root.parts.find(({ key }) => key === 'agents');
  if (part?.value.kind === 'list') return { part, list: part.value.layout };
  const summary =
    part === undefined ? 'this roster has no `agents`' : 'the agents of this roster are not written as a list of their own';
  throw new EditRefused({ summary, hint: 'Write `agents: []` there, and try again.', at: part?.start ?? root.open });
}

/** Puts an agent behind the others, written as the last one is. */
export function addAgent(text: string, root: Layout, entry: Entry): Splice[] {
  const { part, list } = agentsOf(root);
  const style = styleOf(text, root, list);
  if (!list.flow) {
    const column = columnOf(text, list.parts[0]?.start ?? 0);
    return appendItem(text, list, column, (lineBreak) => itemText(entry, column, style, lineBreak));
  }
  if (!root.flow && text.slice(part.colon, part.end) === ' []') return unfold(text, part, entry);
  return insertAfter(text, list, list.parts.length - 1, bracedText(entry, style));
}

/** The first agent of an empty list begins a list of lines. */
function unfold(text: string, part: Part, entry: Entry): Splice[] {
  const column = 2;
  const at = blockEnd(text, part.end, column);
  const lineBreak = lineBreakAt(text, at);
  const item = itemText(entry, column, usualStyle, lineBreak);
  return [deletion(part.colon, part.end), insertion(at, `${lineBreak}${' '.repeat(column)}${item}`)];
}

/** Takes an agent out; a list of lines that gets empty is written as `[]`. */
export function removeAgent(text: string, root: Layout, name: string): Splice[] {
  const { part, list } = agentsOf(root);
  const index = list.parts.findIndex(({ value }) => nameOf(text, value) === name);
  if (index === -1) throw unwritten(name, part);
  if (list.flow) return removePart(text, list, index);
  const removed = removeItem(text, list, index);
  return list.parts.length === 1 ? [insertion(part.colon, ' []'), ...removed] : removed;
}

/** Numbers of the lines of the comment that stands right above an agent, and stays when it goes; `text` as it is in its file. */
export function commentsAbove(text: string, name: string): readonly number[] {
  const body = withoutMark(text);
  const root = layoutOf(body);
  const { list } = root === null ? { list: null } : agentsOf(root);
  const part = list?.parts.find(({ value }) => nameOf(body, value) === name);
  if (list === null || part === undefined || list.flow) return [];
  const lines = body.slice(0, lineStart(body, part.start)).split('\n').slice(0, -1);
  const column = columnOf(body, part.start);
  // One that stands deeper speaks of the agent before.
  const isComment = (line: string): boolean => /^ *#/.test(line) && line.indexOf('#') <= column;
  const first = lines.findLastIndex((line) => !isComment(line)) + 1;
  return lines.slice(first).map((_, index) => first + index + 1);
}

/** An agent that stands there as a map of keys; one that is repeated from elsewhere has none of its own. */
export function agentOf(text: string, root: Layout, name: string): Layout {
  const { part, list } = agentsOf(root);
  const found = list.parts.find(({ value }) => nameOf(text, value) === name);
  if (found?.value.kind === 'map') return found.value.layout;
  throw unwritten(name, part);
}

/** The name as it is written; `null` where it is not written here. */
function nameOf(text: string, value: Value): string | null {
  if (value.kind !== 'map') return null;
  const name = value.layout.parts.find(({ key }) => key === 'name')?.value;
  if (name?.kind !== 'scalar') return null;
  const written = text.slice(name.start, name.end);
  return name.quote === 'plain' ? written : unquoted(written);
}

/** Names have no character that would have to be escaped. */
const unquoted = (written: string): string => written.slice(1, -1);

const unwritten = (name: string, { start }: Part): EditRefused =>
  new EditRefused({
    summary: `agent ${name} is repeated from elsewhere in this file (*), not written out`,
    hint: 'Write it out where it stands, or edit the file by hand.',
    at: start,
  });

/** How the last agent is written that says anything about it. */
function styleOf(text: string, root: Layout, list: Layout): MapStyle {
  const json = root.parts[0] !== undefined && text[root.parts[0].start] === '"';
  const last = list.parts.findLast(({ value }) => value.kind === 'map');
  if (last?.value.kind !== 'map') return { ...usualStyle, flow: list.flow, json };
  const { flow, open, parts } = last.value.layout;
  const [first] = parts;
  return {
    flow: flow || list.flow,
    spaced: !flow || /[ \r\n]/.test(text[open] ?? ''),
    json: first !== undefined && flow && text[first.start] === '"',
    gap: flow || first === undefined || !isOnLine(text, last.start, first.start) ? usualStyle.gap : first.start - last.start,
  };
}

/** A block that begins on the line below its dash, or behind an anchor, says nothing of the gap. */
const isOnLine = (text: string, dash: number, key: number): boolean => /^- *$/.test(text.slice(dash, key));
