/**
 * As much of the D-Bus wire protocol as a witness needs (D-Bus specification, little-endian): connect, call with strings, hear
 * signals. Written for these tests alone, so that what judges Muster shares no code with it.
 */
import { createConnection } from 'node:net';

/** `onMessage` gets `{ type, path, interface, member, replySerial, body }`; type 2 is a return, 3 an error, 4 a signal. */
export function connect(socketPath, onMessage, onClose) {
  const socket = createConnection(socketPath);
  let pending = Buffer.alloc(0);
  let open = false;
  let serial = 0;
  const waiting = new Map();
  const call = (path, iface, member, args = [], destination = 'org.freedesktop.systemd1') =>
    new Promise((resolve, reject) => {
      serial += 1;
      waiting.set(serial, { resolve, reject });
      socket.write(marshal({ serial, path, iface, member, destination, args }));
    });
  const ready = new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('connect', () => {
      const uid = Buffer.from(String(process.getuid())).toString('hex');
      socket.write(`\0AUTH EXTERNAL ${uid}\r\n`);
    });
    socket.on('data', (data) => {
      pending = Buffer.concat([pending, data]);
      if (!open) {
        const end = pending.indexOf('\r\n');
        if (end < 0) return;
        if (!pending.subarray(0, end).toString().startsWith('OK ')) return reject(new Error('the bus refuses us'));
        pending = pending.subarray(end + 2);
        open = true;
        socket.write('BEGIN\r\n');
        call('/org/freedesktop/DBus', 'org.freedesktop.DBus', 'Hello', [], 'org.freedesktop.DBus').then(resolve, reject);
      }
      for (let message = next(); message !== null; message = next()) deliver(message);
    });
  });
  socket.on('close', () => {
    for (const { reject } of waiting.values()) reject(new Error('the bus is gone'));
    waiting.clear();
    onClose();
  });

  function next() {
    if (pending.length < 16) return null;
    const fields = 16 + align(pending.readUInt32LE(12), 8);
    const length = fields + pending.readUInt32LE(4);
    if (pending.length < length) return null;
    const message = unmarshal(pending.subarray(0, length), fields);
    pending = pending.subarray(length);
    return message;
  }

  function deliver(message) {
    const waiter = waiting.get(message.replySerial);
    if (message.type === 4 || waiter === undefined) return onMessage(message);
    waiting.delete(message.replySerial);
    if (message.type === 3) waiter.reject(new Error(String(message.body[0])));
    else waiter.resolve(message.body);
  }

  return { ready, call, close: () => socket.destroy() };
}

const align = (offset, to) => Math.ceil(offset / to) * to;

// --- out: arguments are strings (`s`) or lists of strings (`as`) ---------------------------------------------------------

function marshal({ serial, path, iface, member, destination, args }) {
  const body = new Writer();
  let signature = '';
  for (const arg of args) {
    signature += Array.isArray(arg) ? 'as' : 's';
    if (Array.isArray(arg)) body.strings(arg);
    else body.string(arg);
  }
  const fields = new Writer();
  const field = (code, type, value) => {
    fields.pad(8);
    fields.bytes(code, 1, type.charCodeAt(0), 0);
    if (type === 'g') fields.signature(value);
    else fields.string(value);
  };
  field(1, 'o', path);
  field(2, 's', iface);
  field(3, 's', member);
  field(6, 's', destination);
  if (signature !== '') field(8, 'g', signature);
  const head = Buffer.alloc(16);
  head.write('l', 0);
  head.writeUInt8(1, 1);
  head.writeUInt8(1, 3);
  head.writeUInt32LE(body.length, 4);
  head.writeUInt32LE(serial, 8);
  head.writeUInt32LE(fields.length, 12);
  return Buffer.concat([head, fields.buffer, Buffer.alloc(align(fields.length, 8) - fields.length), body.buffer]);
}

class Writer {
  #parts = [];
  length = 0;
  get buffer() {
    return Buffer.concat(this.#parts);
  }
  #add(buffer) {
    this.#parts.push(buffer);
    this.length += buffer.length;
  }
  pad(to) {
    this.#add(Buffer.alloc(align(this.length, to) - this.length));
  }
  bytes(...values) {
    this.#add(Buffer.from(values));
  }
  uint32(value) {
    this.pad(4);
    const buffer = Buffer.alloc(4);
    buffer.writeUInt32LE(value);
    this.#add(buffer);
  }
  string(text) {
    this.uint32(Buffer.byteLength(text));
    this.#add(Buffer.from(`${text}\0`));
  }
  signature(text) {
    this.bytes(text.length);
    this.#add(Buffer.from(`${text}\0`));
  }
  strings(texts) {
    const inner = new Writer();
    for (const text of texts) inner.string(text);
    this.uint32(inner.length);
    this.#add(inner.buffer);
  }
}

// --- in: every type ------------------------------------------------------------------------------------------------------

function unmarshal(buffer, bodyStart) {
  const message = { type: buffer.readUInt8(1), path: '', interface: '', member: '', replySerial: 0, body: [] };
  const [fields] = new Reader(buffer, 12).values('a(yv)');
  const names = { 1: 'path', 2: 'interface', 3: 'member', 5: 'replySerial', 8: 'signature' };
  for (const [code, value] of fields) if (names[code] !== undefined) message[names[code]] = value;
  message.body = new Reader(buffer.subarray(bodyStart), 0).values(message.signature ?? '');
  return message;
}

class Reader {
  constructor(buffer, offset) {
    this.buffer = buffer;
    this.offset = offset;
  }
  values(signature) {
    const types = { text: signature, at: 0 };
    const values = [];
    while (types.at < signature.length) values.push(this.value(types));
    return values;
  }
  #number(size, read) {
    this.offset = align(this.offset, size);
    const value = read.call(this.buffer, this.offset);
    this.offset += size;
    return Number(value);
  }
  #text(length) {
    const text = this.buffer.toString('utf8', this.offset, this.offset + length);
    this.offset += length + 1;
    return text;
  }
  value(types) {
    const b = this.buffer;
    switch (types.text[types.at++]) {
      case 'y':
        return this.#number(1, b.readUInt8);
      case 'b':
        return this.#number(4, b.readUInt32LE) === 1;
      case 'n':
        return this.#number(2, b.readInt16LE);
      case 'q':
        return this.#number(2, b.readUInt16LE);
      case 'i':
        return this.#number(4, b.readInt32LE);
      case 'u':
      case 'h':
        return this.#number(4, b.readUInt32LE);
      case 'x':
        return this.#number(8, b.readBigInt64LE);
      case 't':
        return this.#number(8, b.readBigUInt64LE);
      case 'd':
        return this.#number(8, b.readDoubleLE);
      case 's':
      case 'o':
        return this.#text(this.#number(4, b.readUInt32LE));
      case 'g':
        return this.#text(this.#number(1, b.readUInt8));
      case 'v':
        return this.values(this.#text(this.#number(1, b.readUInt8)))[0];
      case 'a':
        return this.#array(types);
      case '(':
        return this.#struct(types, ')');
      case '{':
        return this.#struct(types, '}');
      default:
        throw new Error(`no such type in ${types.text}`);
    }
  }
  #struct(types, close) {
    this.offset = align(this.offset, 8);
    const values = [];
    while (types.text[types.at] !== close) values.push(this.value(types));
    types.at += 1;
    return values;
  }
  #array(types) {
    const length = this.#number(4, this.buffer.readUInt32LE);
    const element = types.at;
    this.offset = align(this.offset, '({xtd'.includes(types.text[element]) ? 8 : 1);
    const end = this.offset + length;
    const values = [];
    while (this.offset < end) {
      types.at = element;
      values.push(this.value(types));
    }
    types.at = element;
    skip(types);
    return values;
  }
}

/** Past one complete type. */
function skip(types) {
  const type = types.text[types.at++];
  if (type === 'a') return skip(types);
  const close = { '(': ')', '{': '}' }[type];
  if (close === undefined) return;
  while (types.text[types.at] !== close) skip(types);
  types.at += 1;
}
