import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import handshake from 'dbus-next/lib/handshake.js';
import compat from 'dbus-next/lib/marshall-compat.js';
import codec from 'dbus-next/lib/message.js';
import { messageOf } from '../model/message-of.ts';
import { PortError, type PortErrorKind } from '../model/ports.ts';
import { encode } from './encode.ts';

/** A method call; `body` has one value per complete type of `signature`. */
export interface BusCall {
  readonly destination: string;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  readonly signature?: string;
  readonly body?: readonly unknown[];
}

export interface BusSignal {
  readonly sender: string;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  readonly body: readonly unknown[];
}

/** One connection to a message bus. Once it has dropped it stays so: every call is refused as `unavailable`. */
export interface Bus {
  /**
   * Body of the reply. 64-bit integers are bigint, byte arrays Buffer, variants `{ signature, value }`.
   * Rejects with a BusError: what the other side answered, no answer in `deadline` milliseconds, or the connection dropped.
   */
  call(call: BusCall, deadline?: number): Promise<readonly unknown[]>;
  /** Every signal that reaches this connection; gives the function that ends it. */
  onSignal(listener: (signal: BusSignal) => void): () => void;
  /** Settles when the connection has dropped, for whatever reason. */
  readonly closed: Promise<void>;
  close(): Promise<void>;
}

/** `error` is the D-Bus error name, or `local.*` for what never came from the bus. */
export class BusError extends PortError {
  readonly error: string;
  constructor(kind: PortErrorKind, error: string, message: string, options?: ErrorOptions) {
    super(kind, message, options);
    this.name = 'BusError';
    this.error = error;
  }
}

/** Connects to the bus that listens on this Unix socket, within `deadline` milliseconds. Rejects with a BusError of kind `unavailable`. */
export async function connectBus(socket: string, deadline = 5000): Promise<Bus> {
  const stream = createConnection(socket);
  // Without a listener an error event ends the process; 'close' follows every error and says the rest.
  let cause: unknown;
  stream.on('error', (error) => {
    cause = error;
  });
  const timer = setTimeout(() => stream.destroy(new Error(`no answer in ${deadline} ms`)), deadline);
  try {
    await Promise.race([authenticate(stream), once(stream, 'close').then(() => Promise.reject(cause ?? new Error('closed')))]);
    const bus = new Connection(stream);
    await bus.call({ ...daemon, member: 'Hello' });
    return bus;
  } catch (error) {
    stream.destroy();
    throw new BusError('unavailable', 'local.Unreachable', `no message bus at ${socket}: ${messageOf(cause ?? error)}`, {
      cause: error,
    });
  } finally {
    clearTimeout(timer);
  }
}

/** Address of the bus itself. */
export const daemon = {
  destination: 'org.freedesktop.DBus',
  path: '/org/freedesktop/DBus',
  interface: 'org.freedesktop.DBus',
} as const;

function authenticate(stream: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    // EXTERNAL alone: the others of dbus-next read key rings and write to the console.
    const options = { authMethods: ['EXTERNAL'] };
    stream.once('connect', () => handshake(stream, options, (error) => (error ? reject(error) : resolve())));
  });
}

type Settle = { readonly resolve: (body: readonly unknown[]) => void; readonly reject: (error: BusError) => void };

/**
 * dbus-next's own bus object leaves calls pending for ever when the connection drops, re-throws where nobody can catch,
 * and knows no deadline. Only its handshake and its codec are used.
 */
class Connection implements Bus {
  readonly closed: Promise<void>;
  readonly #stream: Socket;
  readonly #pending = new Map<number, Settle>();
  readonly #listeners = new Set<(signal: BusSignal) => void>();
  #unsent: Buffer[] = [];
  #serial = 0;
  #open = true;

  constructor(stream: Socket) {
    this.#stream = stream;
    this.closed = new Promise((resolve) => {
      stream.once('close', () => {
        this.#drop();
        resolve();
      });
    });
    stream.once('end', () => stream.destroy());
    const source = received(stream);
    codec.unmarshalMessages(source, (raw) => this.#receive((isAsRead(raw) ? raw : compat.messageToJsFmt(raw)) as Incoming));
  }

  call(call: BusCall, deadline = 25_000): Promise<readonly unknown[]> {
    if (!this.#open) return Promise.reject(dropped());
    this.#serial += 1;
    const serial = this.#serial;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#pending.delete(serial);
        reject(new BusError('timeout', 'local.Timeout', `no answer to ${call.member} in ${deadline} ms`));
      }, deadline);
      const settle = <T>(deliver: (value: T) => void) => {
        return (value: T) => {
          clearTimeout(timer);
          this.#pending.delete(serial);
          deliver(value);
        };
      };
      this.#pending.set(serial, { resolve: settle(resolve), reject: settle(reject) });
      try {
        this.#send(encode(call, serial));
      } catch (error) {
        this.#pending.get(serial)?.reject(new BusError('failed', 'local.Unsendable', messageOf(error), { cause: error }));
      }
    });
  }

  onSignal(listener: (signal: BusSignal) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#flush();
    this.#stream.destroySoon();
    await this.closed;
  }

  /** What is sent in one turn goes in one write. */
  #send(bytes: Buffer): void {
    if (this.#unsent.push(bytes) === 1) queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    if (this.#unsent.length === 0) return;
    this.#stream.write(Buffer.concat(this.#unsent));
    this.#unsent = [];
  }

  #receive(message: Incoming): void {
    if (message.type === messageType.signal) {
      const { sender = '', path = '', interface: name = '', member = '', body } = message;
      for (const listener of this.#listeners) listener({ sender, path, interface: name, member, body });
      return;
    }
    const settle = message.replySerial === undefined ? undefined : this.#pending.get(message.replySerial);
    if (message.type === messageType.reply) settle?.resolve(message.body);
    if (message.type === messageType.error) settle?.reject(refusal(message));
  }

  #drop(): void {
    this.#open = false;
    this.#listeners.clear();
    for (const settle of [...this.#pending.values()]) settle.reject(dropped());
  }
}

/** A body without variants and dictionaries is read as it is to be; to convert that of a long list takes as long as to read it. */
const isAsRead = ({ signature = '' }: { readonly signature?: string }): boolean => signature !== '' && !/[v{]/.test(signature);

/** What the codec reads from: the bytes that came, cut as it asks for them. A socket cuts them too, at ten times the price. */
function received(stream: Socket) {
  let chunks: Buffer[] = [];
  let length = 0;
  return {
    on: (_: 'readable', listener: () => void): void => {
      stream.on('data', (chunk) => {
        chunks.push(chunk);
        length += chunk.length;
        try {
          listener();
        } catch (error) {
          stream.destroy(new Error('unreadable message', { cause: error }));
        }
      });
    },
    read: (size: number): Buffer | null => {
      if (length < size) return null;
      const bytes = chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
      chunks = [bytes.subarray(size)];
      length -= size;
      return bytes.subarray(0, size);
    },
  };
}

interface Incoming {
  readonly type: number;
  readonly replySerial?: number;
  readonly errorName?: string;
  readonly sender?: string;
  readonly path?: string;
  readonly interface?: string;
  readonly member?: string;
  readonly body: readonly unknown[];
}

const messageType = { reply: 2, error: 3, signal: 4 } as const;

const dropped = (): BusError => new BusError('unavailable', 'local.Disconnected', 'the connection to the message bus is gone');

function refusal(message: Incoming): BusError {
  const name = message.errorName ?? 'local.Unnamed';
  const detail = typeof message.body[0] === 'string' ? message.body[0] : name;
  return new BusError(kindOf(name), name, detail);
}

const kinds: Readonly<Record<string, PortErrorKind>> = {
  'org.freedesktop.DBus.Error.ServiceUnknown': 'unavailable',
  'org.freedesktop.DBus.Error.NameHasNoOwner': 'unavailable',
  'org.freedesktop.DBus.Error.Disconnected': 'unavailable',
  'org.freedesktop.DBus.Error.NoReply': 'timeout',
  'org.freedesktop.DBus.Error.Timeout': 'timeout',
  'org.freedesktop.systemd1.NoSuchUnit': 'failed',
  'org.freedesktop.DBus.Error.AccessDenied': 'refused',
  'org.freedesktop.DBus.Error.InteractiveAuthorizationRequired': 'refused',
};

const kindOf = (error: string): PortErrorKind =>
  kinds[error] ?? (error.startsWith('org.freedesktop.systemd1.') ? 'refused' : 'failed');
