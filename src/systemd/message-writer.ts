import { aligned, alignmentOf, type Type, typesOf } from './message-type.ts';

/** What a call says of itself, by the code of the header's field. */
export interface CallHeader {
  readonly path: string;
  readonly destination: string;
  readonly interface: string;
  readonly member: string;
}

/**
 * A method call on the wire, little-endian: https://dbus.freedesktop.org/doc/dbus-specification.html#message-protocol. Its arguments are made of
 * strings, 32-bit numbers, booleans and arrays; throws a TypeError for others, and for a string that no bus takes.
 */
export function callMessage(call: CallHeader, serial: number, signature = '', body: readonly unknown[] = []): Buffer {
  const values = new Writer();
  for (const [index, type] of typesOf(signature).entries()) values.write(type, body[index]);
  const header = new Writer();
  for (const byte of [littleEndian, methodCall, 0, protocol]) header.byte(byte);
  header.number(values.length);
  header.number(serial);
  header.array(8, () => {
    header.field(1, 'o', call.path);
    header.field(2, 's', call.interface);
    header.field(3, 's', call.member);
    header.field(6, 's', call.destination);
    if (signature !== '') header.field(8, 'g', signature);
  });
  header.align(8);
  return Buffer.concat([header.bytes(), values.bytes()]);
}

const littleEndian = 0x6c;
const methodCall = 1;
const protocol = 1;

class Writer {
  #bytes = Buffer.alloc(256);
  length = 0;

  bytes(): Buffer {
    return this.#bytes.subarray(0, this.length);
  }

  write(type: Type, value: unknown): void {
    switch (type.code) {
      case 's':
      case 'o':
        this.text(asText(value));
        break;
      case 'u':
        this.number(asNumber(value));
        break;
      case 'b':
        this.number(value === true ? 1 : 0);
        break;
      case 'a':
        this.items(type.children[0], value);
        break;
      default:
        throw new TypeError(`values of type ${type.code} are not sent`);
    }
  }

  items(item: Type | undefined, values: unknown): void {
    if (item === undefined || !Array.isArray(values)) throw new TypeError('a list is not one');
    this.array(alignmentOf(item), () => {
      for (const value of values) this.write(item, value);
    });
  }

  byte(value: number): void {
    this.#room(1);
    this.#bytes[this.length++] = value;
  }

  number(value: number): void {
    this.align(4);
    this.#room(4);
    this.#bytes.writeUInt32LE(value, this.length);
    this.length += 4;
  }

  text(value: string): void {
    const size = Buffer.byteLength(value);
    this.number(size);
    this.#chars(value, size);
  }

  /** Its length is that of its items, without what lies between them and their beginning. */
  array(alignment: number, writeItems: () => void): void {
    this.number(0);
    const place = this.length - 4;
    this.align(alignment);
    const start = this.length;
    writeItems();
    this.#bytes.writeUInt32LE(this.length - start, place);
  }

  /** A field of the header: its code, and a variant. */
  field(code: number, type: 'o' | 's' | 'g', value: string): void {
    this.align(8);
    this.byte(code);
    this.byte(1);
    this.#chars(type, 1);
    if (type === 'g') {
      this.byte(value.length);
      this.#chars(value, value.length);
    } else this.text(value);
  }

  align(alignment: number): void {
    const end = aligned(this.length, alignment);
    this.#room(end - this.length);
    this.#bytes.fill(0, this.length, end);
    this.length = end;
  }

  /** The bytes of a text, and a NUL: one within it would make the daemon hang up on us. */
  #chars(value: string, size: number): void {
    if (value.includes('\0')) throw new TypeError('a NUL character in an argument');
    this.#room(size + 1);
    this.#bytes.write(value, this.length, 'utf8');
    this.length += size;
    this.byte(0);
  }

  #room(size: number): void {
    if (this.length + size <= this.#bytes.length) return;
    const wider = Buffer.alloc(2 * (this.length + size));
    this.#bytes.copy(wider);
    this.#bytes = wider;
  }
}

function asText(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError(`${typeof value} is no text`);
  return value;
}

function asNumber(value: unknown): number {
  if (typeof value !== 'number') throw new TypeError(`${typeof value} is no number`);
  return value;
}
