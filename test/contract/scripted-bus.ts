import type { Bus, BusCall, BusSignal } from '../../src/systemd/bus.ts';

/** A bus whose answers are given by a function, and whose signals come when they are told to. */
export interface ScriptedBus extends Bus {
  readonly calls: readonly BusCall[];
  emit(signal: Partial<BusSignal>): void;
  drop(): void;
}

export function scriptedBus(answer: (call: BusCall) => readonly unknown[] | Promise<readonly unknown[]>): ScriptedBus {
  const calls: BusCall[] = [];
  const listeners = new Set<(signal: BusSignal) => void>();
  let drop = (): void => {};
  const closed = new Promise<void>((resolve) => {
    drop = resolve;
  });
  return {
    calls,
    closed,
    drop: () => drop(),
    close: async () => drop(),
    call: async (call) => {
      calls.push(call);
      return answer(call);
    },
    onSignal: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    emit: (signal) => {
      for (const listener of listeners) listener({ sender: '', path: '', interface: '', member: '', body: [], ...signal });
    },
  };
}
