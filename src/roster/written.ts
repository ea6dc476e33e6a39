/** A document as it was written: plain values that know their place, before anybody judged them. */
export type Written = WrittenScalar | WrittenMap | WrittenList;

/** Offsets into the text, in UTF-16 units; `end` is exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface WrittenScalar extends Span {
  readonly kind: 'scalar';
  readonly value: string | number | boolean | null;
}

export interface WrittenMap extends Span {
  readonly kind: 'map';
  readonly entries: ReadonlyMap<string, WrittenEntry>;
}

export interface WrittenEntry {
  readonly key: Span;
  readonly value: Written;
}

export interface WrittenList extends Span {
  readonly kind: 'list';
  readonly items: readonly Written[];
}

/**
 * Plain data of a document. Objects have no prototype, so that a key such as `__proto__` is a key like any other; what
 * aliases share is shared here too.
 */
export function plainOf(root: Written): unknown {
  const done = new Map<Written, unknown>();
  const plain = (node: Written): unknown => {
    if (node.kind === 'scalar') return node.value;
    const known = done.get(node);
    if (known !== undefined) return known;
    if (node.kind === 'list') {
      const list = node.items.map(plain);
      done.set(node, list);
      return list;
    }
    const object: Record<string, unknown> = Object.create(null);
    node.entries.forEach((entry, key) => {
      object[key] = plain(entry.value);
    });
    done.set(node, object);
    return object;
  };
  return plain(root);
}

/** The node at a path, or its nearest written ancestor; `key` is the span of the last key on the way. */
export function nodeAt(
  root: Written,
  path: readonly (string | number)[],
): { readonly node: Written; readonly key: Span | null; readonly exact: boolean } {
  let node = root;
  let key: Span | null = null;
  for (const step of path) {
    if (node.kind === 'map') {
      const entry = node.entries.get(String(step));
      if (entry === undefined) return { node, key, exact: false };
      key = entry.key;
      node = entry.value;
    } else if (node.kind === 'list') {
      const item = node.items[Number(step)];
      if (item === undefined) return { node, key, exact: false };
      key = null;
      node = item;
    } else {
      return { node, key, exact: false };
    }
  }
  return { node, key, exact: true };
}
