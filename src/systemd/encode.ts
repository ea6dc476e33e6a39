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
  const message = isSimple(signature, body) ? encodeSimple(call, signature, body) : encodeWhole(call);
  message.writeUInt32LE(serial, serialAt);
  return message;
}

/** Nothing but basic types and lists of texts, and as many values; the codec looks into the rest. What is wrong is for it to refuse, too. */
function isSimple(signature: string, body: readonly unknown[]): boolean {
  const types = /^(?:[bdginoqstuxy]|as)*$/.test(signature) ? (signature.match(/as|./g) ?? []) : null;
  return types?.length === body.length && types.every((type, index) => type !== 'as' || Array.isArray(body[index]));
}

/** Where a message has what its header does not share with others, in the byte order of the codec: D-Bus Specification, "Message Format". */
const bodyLengthAt = 4;
const serialAt = 8;
const methodCall = 1;

const headers = new Map<string, Buffer>();
/** A program makes calls of a few kinds; a resident one makes them for units that come and go. */
const mostHeaders = 200;

function encodeSimple(call: BusCall, signature: string, body: readonly unknown[]): Buffer {
  const key = [call.destination, call.path, call.interface, call.member, signature].join('\n');
  const header = headers.get(key);
  if (header !== undefined) return withBody(header, signature, body);
  const message = encodeWhole(call);
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

function encodeWhole(call: BusCall): Buffer {
  const { signature = '', body = [] } = call;
  const [message] = compat.marshallMessage({ ...call, type: methodCall, serial: 1, signature, body });
  return message;
}
