// The parts of dbus-next that are used here; the package's own types cover its entry point alone.

declare module 'dbus-next/lib/handshake.js' {
  import type { Socket } from 'node:net';

  function handshake(
    stream: Socket,
    options: { readonly authMethods: readonly string[] },
    done: (error: unknown, guid?: string) => void,
  ): void;
  export = handshake;
}

declare module 'dbus-next/lib/message.js' {
  const codec: {
    unmarshalMessages(
      stream: { on(event: 'readable', listener: () => void): void; read(size: number): Buffer | null },
      onMessage: (message: { readonly signature?: string }) => void,
    ): void;
  };
  export = codec;
}

declare module 'dbus-next/lib/marshall.js' {
  /** Values of a signature without variants and dictionaries, as they stand in a message. */
  function marshall(signature: string, values: readonly unknown[]): Buffer;
  export = marshall;
}

declare module 'dbus-next/lib/marshall-compat.js' {
  const codec: {
    /** Changes the message it is given. */
    marshallMessage(message: object): [data: Buffer, fds: unknown[]];
    /** Changes the message it is given. */
    messageToJsFmt(message: object): object;
  };
  export = codec;
}
