import { assignmentIn, credentialIn, credentialUnder, flagIn, mask, maskCredentials } from './secret-shape.ts';
import type { Span, Written } from './written.ts';

/** A scalar or key that looks like a credential. */
export interface SuspectSpan extends Span {
  readonly looksLike: string;
}

/** Looks at every text of a document, keys included, once each however often an alias repeats it. */
export function findSuspects(root: Written): readonly SuspectSpan[] {
  const found: SuspectSpan[] = [];
  const seen = new Set<object>();
  const judged = new Map<string, string | null>();

  const judge = (name: string, text: string): string | null => {
    const key = `${name}\0${text}`;
    const known = judged.get(key);
    if (known !== undefined) return known;
    const looksLike = suspicion(name, text);
    judged.set(key, looksLike);
    return looksLike;
  };

  const look = (node: Written, name: string): void => {
    if (node.kind === 'scalar') {
      const looksLike = typeof node.value === 'string' ? judge(name, node.value) : null;
      if (looksLike !== null) found.push({ looksLike, start: node.start, end: node.end });
      return;
    }
    const content = node.kind === 'map' ? node.entries : node.items;
    if (seen.has(content)) return;
    seen.add(content);
    if (node.kind === 'map') {
      node.entries.forEach((entry, key) => {
        const looksLike = credentialIn(key);
        if (looksLike !== null) found.push({ looksLike, ...entry.key });
        look(entry.value, key);
      });
      return;
    }
    let flag = name;
    for (const item of node.items) {
      look(item, flag);
      flag = (item.kind === 'scalar' && typeof item.value === 'string' ? flagIn(item.value) : null) ?? name;
    }
  };

  look(root, '');
  return found;
}

function suspicion(name: string, text: string): string | null {
  const assignment = assignmentIn(text);
  return (assignment && credentialUnder(assignment.name, assignment.value)) ?? credentialUnder(name, text);
}

/** The text with all that looks like a credential masked, comments included. */
export function maskedText(text: string, suspects: readonly SuspectSpan[]): string {
  const parts: string[] = [];
  let at = 0;
  for (const { start, end } of [...suspects].sort((a, b) => a.start - b.start)) {
    if (start < at) continue;
    parts.push(text.slice(at, start), mask(text.slice(start, end)));
    at = end;
  }
  return maskCredentials(parts.join('') + text.slice(at));
}
