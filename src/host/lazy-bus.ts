import { type Bus, connectBus } from '../systemd/bus.ts';

/** A connection that is made at first use, to the bus that listens on this socket. Once dropped it stays so. */
export function lazyBus(socket: string): { readonly bus: () => Promise<Bus>; readonly close: () => Promise<void> } {
  let connecting: Promise<Bus> | null = null;
  const bus = (): Promise<Bus> => {
    connecting ??= connectBus(socket).catch((error: unknown) => {
      // Nothing was connected yet: the next use may try again.
      connecting = null;
      throw error;
    });
    return connecting;
  };
  const close = async (): Promise<void> => {
    const connected = await connecting?.catch(() => null);
    await connected?.close();
  };
  return { bus, close };
}
