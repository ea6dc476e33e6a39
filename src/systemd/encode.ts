import marshall from 'dbus-next/lib/marshall.js';
import compat from 'dbus-next/lib/marshall-compat.js';
import type { BusCall } from './bus.ts';

/**
 * The bytes of a method call. Calls that differ in nothing but their arguments have the same header but for two numbers: it is written once.
 * Throws what the codec has against the arguments.
 */
export function encode(call: BusCall, serial: number): Buffer {
  const { signature = '', body = [] } = call;
  // A NUL within a string makes the daemon hang up on us.
  if (body.flat().some((value) => typeof value === 'string' && value.includes('\0')))
    throw new TypeError(`a NUL character in the arguments of ${call.member}`);
  const key = [call.destination, call.path, call.interface, call.member, signature].join('\n');
  const header = headers.get(key);
  const message = header === undefined ? encodeWhole(call, key) : withBody(header, signature, body);
  message.writeUInt32LE(serial, serialAt);
  return message;
}

/** Where a message has what its header does not share with others, in the byte order of the codec: D-Bus Specification, "Message Format". */
const bodyLengthAt = 4;
const serialAt = 8;
const methodCall = 1;

const headers = new Map<string, Buffer>();
/** A program makes calls of a few kinds; a resident one makes them for units that come and go. */
const mostHeaders = 200;

function encodeWhole(call: BusCall, key: string): Buffer {
  const { signature = '', body = [] } = call;
  const [message] = compat.marshallMessage({ ...call, type: methodCall, serial: 1, signature, body });
  if (!isPlain(signature)) return message;
  if (headers.size >= mostHeaders) headers.clear();
  headers.set(key, Buffer.from(message.subarray(0, message.length - message.readUInt32LE(bodyLengthAt))));
  return message;
}

function withBody(header: Buffer, signature: string, body: readonly unknown[]): Buffer {
  const bytes = signature === '' ? [] : [marshall(signature, body)];
  const message = Buffer.concat([header, ...bytes]);
  message.writeUInt32LE(message.length - header.length, bodyLengthAt);
  return message;
}

/** Without variants and dictionaries the codec takes values as they are. */
export const isPlain = (signature: string): boolean => !/[v{]/.test(signature);
