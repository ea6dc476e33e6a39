import { isAscii } from './ascii.ts';
import type { TextProblem } from './text-problem.ts';
import type { Written } from './written.ts';

/**
 * What systemd has no place for in an environment file (systemd.exec(5), EnvironmentFile=): one of them costs an agent the whole file.
 * To make such an expression takes half a millisecond, and hardly any start has a use for it.
 */
const refused = (): RegExp => /[\p{Noncharacter_Code_Point}\p{Cs}\uFEFF]/u;

/** The first value with such a character; only an escape brings most of them past the reading of the text. */
export function noncharacterIn(root: Written, text: string): TextProblem | null {
  if ((isAscii(text) || !refused().test(text)) && !/\\[uU]/.test(text)) return null;
  const seen = new Set<Written>();
  const look = (node: Written): TextProblem | null => {
    if (node.kind === 'scalar') return typeof node.value === 'string' ? problemOf(node.value, node) : null;
    if (seen.has(node)) return null;
    seen.add(node);
    const values = node.kind === 'list' ? node.items : [...node.entries.values()].map(({ value }) => value);
    for (const value of values) {
      const problem = look(value);
      if (problem !== null) return problem;
    }
    return null;
  };
  return look(root);
}

function problemOf(value: string, { start, end }: { start: number; end: number }): TextProblem | null {
  const found = refused().exec(value)?.[0];
  if (found === undefined) return null;
  const code = (found.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return {
    code: 'roster/value',
    summary: `U+${code} is no character that systemd can hand to an agent`,
    hint: 'take it out',
    start,
    end,
  };
}
