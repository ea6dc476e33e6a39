/** A part of a host's state as lists in the order of its keys: it is gone through far more often than looked into. */
export interface Section<T> {
  readonly keys: readonly string[];
  /** The value of `keys[i]` is `values[i]`. */
  readonly values: readonly T[];
}

/** Those of the keys that have a value; they come in order. */
export function collect<T>(keys: readonly string[], look: (key: string) => T | undefined): Section<T> {
  const found: string[] = [];
  const values: T[] = [];
  for (const key of keys) {
    const value = look(key);
    if (value === undefined) continue;
    found.push(key);
    values.push(value);
  }
  return { keys: found, values };
}

/** Where a key stands in a list in order; -1 where it does not. */
export function indexIn(keys: readonly string[], key: string): number {
  let [low, high] = [0, keys.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    const there = keys[middle] ?? '';
    if (there === key) return middle;
    if (there < key) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

/** A document again. */
export function documentOf<T>({ keys, values }: Section<T>): Record<string, T> {
  const document: Record<string, T> = {};
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i];
    const value = values[i];
    if (key !== undefined && value !== undefined) document[key] = value;
  }
  return document;
}
