import type { BusCall } from './bus.ts';

/**
 * The wire format of D-Bus ("Message Protocol" of its specification). A look at a hundred units is hundreds of messages: dbus-next's own
 * codec takes most of a millisecond for each.
 */

/** A message as it came. 64-bit integers are bigint, byte arrays Buffer, dictionaries objects, variants `{ signature, value }`. */
export interface WireMessage {
  readonly type: number;
  readonly replySerial?: number;
  readonly errorName?: string;
  readonly sender?: string;
  readonly path?: string;
  readonly interface?: string;
  readonly member?: string;
  readonly body: readonly unknown[];
}

export const messageType = { call: 1, reply: 2, error: 3, signal: 4 } as const;

/** Codes of header fields. */
const field = { path: 1, interface: 2, member: 3, error: 4, replySerial: 5, destination: 6, sender: 7, signature: 8 } as const;

/** Throws a TypeError for what cannot be sent: arguments are strings, lists of strings, booleans and 32-bit unsigned numbers. */
export function encodeCall(call: BusCall, serial: number): Buffer {
  const { signature = '', body = [] } = call;
  const types = typesIn(signature);
  if (types.length !== body.length) throw new TypeError(`${call.member} takes ${types.length} arguments, not ${body.length}`);
  const arguments_ = new Writer();
  for (const [index, type] of types.entries()) arguments_.value(type, body[index], call.member);
  const header = new Writer();
  header.bytes(Buffer.of(0x6c, messageType.call, 0, 1));
  header.number(arguments_.length);
  header.number(serial);
  header.array(8, () => {
    header.field(field.path, 'o', call.path);
    header.field(field.destination, 's', call.destination);
    header.field(field.interface, 's', call.interface);
    header.field(field.member, 's', call.member);
    if (signature !== '') header.field(field.signature, 'g', signature);
  });
  header.align(8);
  return Buffer.concat([header.written(), arguments_.written()]);
}

class Writer {
  #buffer = Buffer.alloc(256);
  length = 0;

  written(): Buffer {
    return this.#buffer.subarray(0, this.length);
  }

  bytes(bytes: Uint8Array): void {
    const end = this.length + bytes.length;
    if (end > this.#buffer.length) this.#buffer = Buffer.concat([this.written()], Math.max(end, 2 * this.#buffer.length));
    this.#buffer.set(bytes, this.length);
    this.length = end;
  }

  align(to: number): void {
    this.bytes(new Uint8Array((to - (this.length % to)) % to));
  }

  number(value: number): void {
    this.align(4);
    const four = Buffer.alloc(4);
    four.writeUInt32LE(value);
    this.bytes(four);
  }

  text(text: string): void {
    const bytes = Buffer.from(`${text}\0`);
    this.number(bytes.length - 1);
    this.bytes(bytes);
  }

  signature(text: string): void {
    this.bytes(Buffer.of(text.length, ...Buffer.from(`${text}\0`)));
  }

  /** The elements are aligned before their length counts. */
  array(alignment: number, write: () => void): void {
    this.number(0);
    const at = this.length - 4;
    this.align(alignment);
    const start = this.length;
    write();
    this.#buffer.writeUInt32LE(this.length - start, at);
  }

  field(code: number, type: 'o' | 's' | 'g', text: string): void {
    this.align(8);
    this.bytes(Buffer.of(code));
    this.signature(type);
    if (type === 'g') this.signature(text);
    else this.text(text);
  }

  value(type: string, value: unknown, member: string): void {
    if (type === 's' && typeof value === 'string') this.text(plain(value, member));
    else if (type === 'b' && typeof value === 'boolean') this.number(value ? 1 : 0);
    else if (type === 'u' && typeof value === 'number') this.number(value);
    else if (type === 'as' && Array.isArray(value))
      this.array(4, () => {
        for (const item of value) this.value('s', item, member);
      });
    else throw new TypeError(`${member} cannot be given ${typeof value} as ${type}`);
  }
}

/** A NUL within a string makes the daemon hang up on us. */
function plain(text: string, member: string): string {
  if (!text.includes('\0')) return text;
  throw new TypeError(`a NUL character in the arguments of ${member}`);
}

/** The longest message that the specification allows. */
const longest = 128 * 1024 * 1024;

/** Takes the bytes of a connection as they come; gives each message once it is whole. Throws for what is none. */
export function messageReader(onMessage: (message: WireMessage) => void): (chunk: Buffer) => void {
  let chunks: Buffer[] = [];
  let have = 0;
  let need = 16;
  return (chunk) => {
    chunks.push(chunk);
    have += chunk.length;
    if (have < need) return;
    let rest = Buffer.concat(chunks);
    for (need = lengthOf(rest); rest.length >= need; need = lengthOf(rest)) {
      const message = rest.subarray(0, need);
      rest = rest.subarray(need);
      onMessage(decode(message));
    }
    chunks = [rest];
    have = rest.length;
  };
}

/** Of the message that begins here, or of what has to be there to tell. */
function lengthOf(bytes: Buffer): number {
  if (bytes.length < 16) return 16;
  const little = isLittle(bytes);
  const fields = little ? bytes.readUInt32LE(12) : bytes.readUInt32BE(12);
  const body = little ? bytes.readUInt32LE(4) : bytes.readUInt32BE(4);
  const total = 16 + Math.ceil(fields / 8) * 8 + body;
  if (total > longest) throw new RangeError(`a message of ${total} bytes`);
  return total;
}

function isLittle(bytes: Buffer): boolean {
  if (bytes[0] === 0x6c) return true;
  if (bytes[0] === 0x42) return false;
  throw new RangeError(`a message that begins with ${bytes[0]}`);
}

function decode(bytes: Buffer): WireMessage {
  const reader = new Reader(bytes, isLittle(bytes));
  reader.at = 12;
  const fields = new Map(reader.value('a(yv)') as readonly (readonly [number, Variant])[]);
  reader.align(8);
  const text = (code: number): string | undefined => {
    const value = fields.get(code)?.value;
    return typeof value === 'string' ? value : undefined;
  };
  const replySerial = fields.get(field.replySerial)?.value;
  const named = {
    errorName: text(field.error),
    sender: text(field.sender),
    path: text(field.path),
    interface: text(field.interface),
    member: text(field.member),
  };
  return {
    type: bytes[1] ?? 0,
    ...(typeof replySerial === 'number' ? { replySerial } : {}),
    ...(Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined)) as Partial<WireMessage>),
    body: typesIn(text(field.signature) ?? '').map((type) => reader.value(type)),
  };
}

interface Variant {
  readonly signature: string;
  readonly value: unknown;
}

/** Deeper than the specification allows. */
const deepest = 70;

class Reader {
  at = 0;
  #depth = 0;
  readonly #bytes: Buffer;
  readonly #little: boolean;

  constructor(bytes: Buffer, little: boolean) {
    this.#bytes = bytes;
    this.#little = little;
  }

  align(to: number): void {
    this.at += (to - (this.at % to)) % to;
  }

  value(type: string): unknown {
    this.align(alignmentOf(type));
    switch (type[0]) {
      case 's':
      case 'o':
        return this.#text(this.#number());
      case 'g':
        return this.#text(this.#take(1)[0] ?? 0);
      case 'u':
      case 'h':
        return this.#number();
      case 'b':
        return this.#number() !== 0;
      case 'i':
        return this.#number() | 0;
      case 'y':
        return this.#take(1)[0] ?? 0;
      case 'q':
      case 'n':
        return this.#short(type === 'n');
      case 't':
      case 'x':
        return this.#long(type === 'x');
      case 'd':
        return this.#little ? this.#take(8).readDoubleLE() : this.#take(8).readDoubleBE();
      case 'v':
        return this.#nested(() => this.#variant());
      case 'a':
        return this.#nested(() => this.#array(type.slice(1)));
      case '(':
      case '{':
        return this.#nested(() => typesIn(type.slice(1, -1)).map((member) => this.value(member)));
      default:
        throw new RangeError(`a value of type ${type}`);
    }
  }

  #variant(): Variant {
    const signature = String(this.value('g'));
    const [type] = typesIn(signature);
    if (type !== signature) throw new RangeError(`a variant of ${signature}`);
    return { signature, value: this.value(type) };
  }

  #array(element: string): unknown {
    const length = this.#number();
    this.align(alignmentOf(element));
    const end = this.at + length;
    if (element === 'y') return this.#take(length);
    const values: unknown[] = [];
    while (this.at < end) values.push(this.value(element));
    return element.startsWith('{') ? Object.fromEntries(values as readonly (readonly [string, unknown])[]) : values;
  }

  #nested<T>(read: () => T): T {
    this.#depth += 1;
    if (this.#depth > deepest) throw new RangeError('a message that is nested too deep');
    const value = read();
    this.#depth -= 1;
    return value;
  }

  #take(length: number): Buffer {
    const end = this.at + length;
    if (end > this.#bytes.length) throw new RangeError('a message that is shorter than it says');
    const taken = this.#bytes.subarray(this.at, end);
    this.at = end;
    return taken;
  }

  #number(): number {
    const four = this.#take(4);
    return this.#little ? four.readUInt32LE() : four.readUInt32BE();
  }

  #short(signed: boolean): number {
    const two = this.#take(2);
    const value = this.#little ? two.readUInt16LE() : two.readUInt16BE();
    return signed ? (value << 16) >> 16 : value;
  }

  #long(signed: boolean): bigint {
    const eight = this.#take(8);
    const value = this.#little ? eight.readBigUInt64LE() : eight.readBigUInt64BE();
    return signed ? BigInt.asIntN(64, value) : value;
  }

  /** A NUL ends it that its length does not count. */
  #text(length: number): string {
    return this.#take(length + 1).toString('utf8', 0, length);
  }
}

function alignmentOf(type: string): number {
  const first = type[0] ?? '';
  if ('yvg'.includes(first)) return 1;
  if ('qn'.includes(first)) return 2;
  return 'txd({'.includes(first) ? 8 : 4;
}

/** Complete types of a signature, such as `['s', 'a{sv}']` of `sa{sv}`. */
function typesIn(signature: string): readonly string[] {
  const types: string[] = [];
  for (let at = 0; at < signature.length; ) {
    const end = endOfType(signature, at);
    types.push(signature.slice(at, end));
    at = end;
  }
  return types;
}

function endOfType(signature: string, start: number): number {
  let at = start;
  while (signature[at] === 'a') at += 1;
  if (!'({'.includes(signature[at] ?? ' ')) return at + 1;
  let open = 0;
  do {
    if ('({'.includes(signature[at] ?? ' ')) open += 1;
    if (')}'.includes(signature[at] ?? ' ')) open -= 1;
    at += 1;
  } while (open > 0 && at < signature.length);
  return at;
}
