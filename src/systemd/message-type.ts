/** A complete type of a D-Bus signature: its code, and what it is made of. `{` is an entry of a dictionary. */
export interface Type {
  readonly code: string;
  readonly children: readonly Type[];
}

/** The complete types of a signature, in order. Throws a TypeError where it is none. */
export function typesOf(signature: string): readonly Type[] {
  const known = parsed.get(signature);
  if (known !== undefined) return known;
  const types: Type[] = [];
  for (let at = 0; at < signature.length; ) {
    const [type, end] = typeAt(signature, at);
    types.push(type);
    at = end;
  }
  if (parsed.size < mostParsed) parsed.set(signature, types);
  return types;
}

/** A look at a host meets a dozen signatures, each of them hundreds of times. */
const parsed = new Map<string, readonly Type[]>();
const mostParsed = 200;

const closing: Readonly<Record<string, string>> = { '(': ')', '{': '}' };
const basic = 'ybnqiuxtdsogvh';

function typeAt(signature: string, at: number): readonly [type: Type, end: number] {
  const code = signature[at] ?? '';
  if (code === 'a') {
    const [child, end] = typeAt(signature, at + 1);
    return [{ code, children: [child] }, end];
  }
  const close = closing[code];
  if (close === undefined) {
    if (code === '' || !basic.includes(code)) throw new TypeError(`${JSON.stringify(signature)} is no signature`);
    return [{ code, children: [] }, at + 1];
  }
  const children: Type[] = [];
  let end = at + 1;
  while (signature[end] !== close) {
    const [child, next] = typeAt(signature, end);
    children.push(child);
    end = next;
  }
  if (children.length === 0 || (code === '{' && children.length !== 2))
    throw new TypeError(`${JSON.stringify(signature)} is no signature`);
  return [{ code, children }, end + 1];
}

/** Where a value of a type begins: at a multiple of this many bytes from the beginning of its message. */
export function alignmentOf({ code }: Type): number {
  switch (code) {
    case 'y':
    case 'g':
    case 'v':
      return 1;
    case 'n':
    case 'q':
      return 2;
    case 'x':
    case 't':
    case 'd':
    case '(':
    case '{':
      return 8;
    default:
      return 4;
  }
}

export const aligned = (position: number, alignment: number): number => Math.ceil(position / alignment) * alignment;
