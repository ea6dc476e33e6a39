/** Keys of a document in order. Nearly always they come so, and looking is cheaper than sorting. */
export const sortedKeys = (document: object): string[] => inOrder(Object.keys(document));

/** The same list where it is in order already. */
export const inOrder = <List extends readonly string[]>(keys: List): List | string[] =>
  keys.every((key, index) => index === 0 || key >= (keys[index - 1] ?? '')) ? keys : [...keys].sort();
