import { isName } from '../model/names.ts';
import type { RoleDocument } from '../model/roster.ts';

/**
 * A role document: markdown, before it an optional block between lines of three dashes with `classes: [a, b]`.
 * `name` is the file's name without its ending; its own name is always among the classes.
 */
export function readRole(name: string, text: string): RoleDocument {
  const head = /^\uFEFF?---\r?\n([\s\S]*?)\r?\n---(?:\r?\n|$)/.exec(text)?.[1] ?? '';
  const listed = /^classes:[ \t]*\[([^\]\n]*)\]/m.exec(head)?.[1] ?? itemsBelow(head);
  const classes = listed
    .split(',')
    .map((word) => word.trim().replace(/^(["'])(.*)\1$/, '$2'))
    .filter((word) => isName(word) && word !== name);
  return { name, classes: [name, ...new Set(classes)], text };
}

/** The other spelling of the list: one item per line, each after a dash. */
function itemsBelow(head: string): string {
  const items = /^classes:[ \t]*\r?\n((?:[ \t]*-[^\n]*\n?)+)/m.exec(head)?.[1] ?? '';
  return items.replace(/^[ \t]*-/gm, ',');
}

export const roleName = (file: string): string => file.slice(file.lastIndexOf('/') + 1).replace(/\.md$/, '');
