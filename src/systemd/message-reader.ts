import { aligned, alignmentOf, type Type, typesOf } from './message-type.ts';

/** A message that came; fields of its header that are not here mean nothing to us. */
export interface Incoming {
  readonly type: number;
  readonly path?: string;
  readonly interface?: string;
  readonly member?: string;
  readonly errorName?: string;
  readonly replySerial?: number;
  readonly sender?: string;
  /** 64-bit integers are bigint, byte arrays Buffer, dictionaries objects, variants `{ signature, value }`. */
  readonly body: readonly unknown[];
}

/** Gives the messages in bytes that come in pieces, each once it is whole. What comes must be D-Bus: throws where it is not. */
export function messageReader(onMessage: (message: Incoming) => void): (chunk: Buffer) => void {
  let rest: Buffer[] = [];
  let length = 0;
  let needed = smallest;
  return (chunk) => {
    rest.push(chunk);
    length += chunk.length;
    if (length < needed) return;
    let bytes = rest.length === 1 ? chunk : Buffer.concat(rest);
    needed = neededOf(bytes);
    while (bytes.length >= needed) {
      onMessage(messageOf(bytes.subarray(0, needed)));
      bytes = bytes.subarray(needed);
      needed = neededOf(bytes);
    }
    rest = bytes.length === 0 ? [] : [bytes];
    length = bytes.length;
  };
}

const neededOf = (bytes: Buffer): number => (bytes.length < smallest ? smallest : sizeOf(bytes));

/** Bytes that tell how long a message is. */
const smallest = 16;
/** The specification's own limit. */
const largest = 128 * 1024 * 1024;

function sizeOf(bytes: Buffer): number {
  const reader = new Reader(bytes);
  const size = aligned(smallest + reader.numberAt(12), 8) + reader.numberAt(4);
  if (size > largest) throw new RangeError(`a message of ${size} bytes`);
  return size;
}

function messageOf(bytes: Buffer): Incoming {
  const reader = new Reader(bytes);
  const fields: Record<string, unknown> = {};
  reader.position = 12;
  const end = smallest + reader.number();
  while (reader.position < end) {
    reader.align(8);
    const name = fieldNames[reader.byte()];
    const { value } = reader.variant();
    if (name !== undefined) fields[name] = value;
  }
  reader.align(8);
  const { signature = '', ...header } = fields;
  const body = typesOf(String(signature)).map((type) => reader.read(type));
  return { ...header, type: bytes[1] ?? 0, body };
}

const fieldNames: Readonly<Record<number, string>> = {
  1: 'path',
  2: 'interface',
  3: 'member',
  4: 'errorName',
  5: 'replySerial',
  7: 'sender',
  8: 'signature',
};

const bigEndian = 0x42;

class Reader {
  position = 0;
  readonly #bytes: Buffer;
  readonly #view: DataView;
  readonly #little: boolean;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    if (bytes[0] !== 0x6c && bytes[0] !== bigEndian) throw new TypeError('a message in no byte order');
    this.#little = bytes[0] !== bigEndian;
  }

  read(type: Type): unknown {
    switch (type.code) {
      case 's':
      case 'o':
        return this.#text(this.number());
      case 'g':
        return this.#text(this.byte());
      case 'u':
      case 'h':
        return this.number();
      case 'b':
        return this.number() !== 0;
      case 't':
        return this.#view.getBigUint64(this.#next(8), this.#little);
      case 'x':
        return this.#view.getBigInt64(this.#next(8), this.#little);
      case 'i':
        return this.#view.getInt32(this.#next(4), this.#little);
      case 'y':
        return this.byte();
      case 'n':
        return this.#view.getInt16(this.#next(2), this.#little);
      case 'q':
        return this.#view.getUint16(this.#next(2), this.#little);
      case 'd':
        return this.#view.getFloat64(this.#next(8), this.#little);
      case 'v':
        return this.variant();
      case 'a':
        return this.#array(type);
      default:
        this.align(8);
        return type.children.map((child) => this.read(child));
    }
  }

  variant(): { readonly signature: string; readonly value: unknown } {
    const signature = this.#text(this.byte());
    const [type] = typesOf(signature);
    if (type === undefined) throw new TypeError('a variant of nothing');
    return { signature, value: this.read(type) };
  }

  number(): number {
    return this.numberAt(this.#next(4));
  }

  numberAt(position: number): number {
    return this.#view.getUint32(position, this.#little);
  }

  byte(): number {
    return this.#view.getUint8(this.#next(1));
  }

  align(alignment: number): void {
    this.position = aligned(this.position, alignment);
  }

  #array({ children }: Type): unknown {
    const [item] = children;
    const size = this.number();
    if (item === undefined) throw new TypeError('a list of nothing');
    this.align(alignmentOf(item));
    const end = this.position + size;
    if (end > this.#bytes.length) throw new RangeError('a list goes beyond its message');
    if (item.code === 'y') {
      const start = this.position;
      this.position = end;
      return this.#bytes.subarray(start, end);
    }
    const items: unknown[] = [];
    while (this.position < end) items.push(this.read(item));
    return item.code === '{' ? Object.fromEntries(items as [string, unknown][]) : items;
  }

  /** A text of so many bytes, and its NUL. */
  #text(size: number): string {
    const start = this.position;
    this.position += size + 1;
    if (this.position > this.#bytes.length) throw new RangeError('a text goes beyond its message');
    return this.#bytes.toString('utf8', start, start + size);
  }

  #next(size: number): number {
    this.align(size);
    const start = this.position;
    this.position += size;
    return start;
  }
}
