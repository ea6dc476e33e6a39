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
