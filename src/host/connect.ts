import path from 'node:path';
import type { HostFacts } from '../model/observation.ts';
import type { HostReaders, HostWriters } from '../model/ports.ts';
import { type ControllerService, controllerService } from '../systemd/controller-service.ts';
import { ping } from '../systemd/manager.ts';
import { readingAnew, remembering } from '../systemd/recall.ts';
import { unitWriter } from '../systemd/unit-writer.ts';
import { unitReader } from '../systemd/units.ts';
import { type Watch, watchUnits } from '../systemd/watch.ts';
import { sessionReader, sessionWriter } from '../tmux/sessions.ts';
import { hostRoots } from './facts.ts';
import { fileWriter } from './file-writer.ts';
import { fileReader } from './files.ts';
import { lazyBus } from './lazy-bus.ts';
import { lingerReader, lingerWriter } from './linger.ts';
import { writerLock } from './lock.ts';
import { stateReader, stateWriter } from './state.ts';
import { suspensionWriter } from './suspensions.ts';

export interface HostConnection {
  readonly readers: HostReaders;
  /** Writers exist only for who asks for them. */
  readonly writers: () => HostWriters;
  /** Says that units may have changed: see `watchUnits`. Rejects where there is no user manager to listen to. */
  watch(onChange: (unit: string | null) => void): Promise<Watch>;
  /** Resolves when the user manager has answered; rejects where it does not within ten seconds. */
  alive(): Promise<void>;
  /** The controller's own unit, for installing it. */
  controller(): ControllerService;
  /** Ends the connection to the bus, where there is one. */
  close(): Promise<void>;
}

export interface ConnectOptions {
  /** Remember what was read of files that have not changed since: for a process that looks again and again. */
  readonly remember?: boolean;
  /** Told every few seconds while systemd says that a job that is waited for goes on. */
  readonly onQueued?: () => void;
}

/**
 * This machine, as the user who runs the process. The bus is connected at first use; where there is none, the methods that need it
 * reject with `unavailable`. Once dropped it stays so, and with it the writer lock: connect the host again.
 */
export function connectHost(
  facts: HostFacts,
  env: Readonly<Record<string, string | undefined>>,
  { remember = false, onQueued = () => {} }: ConnectOptions = {},
): HostConnection {
  const recaller = remember ? remembering : readingAnew;
  const roots = hostRoots(facts, env);
  const { bus, close } = lazyBus(path.join(roots.runtimeDir, 'bus'));
  const readers: HostReaders = {
    units: unitReader(bus, roots.runtimeDir, recaller),
    sessions: sessionReader(env),
    files: fileReader(roots, recaller),
    linger: lingerReader(facts.tenant),
    state: stateReader(roots.stateDir),
  };
  const writers = (): HostWriters => ({
    units: unitWriter(bus, { runtimeDir: roots.runtimeDir, onQueued }),
    sessions: sessionWriter(env),
    files: fileWriter(roots),
    linger: lingerWriter(facts.tenant, env),
    state: stateWriter(roots.stateDir),
    suspensions: suspensionWriter(roots.stateDir, () => new Date()),
    lock: writerLock(bus),
  });
  return {
    readers,
    writers,
    watch: async (onChange) => watchUnits(await bus(), onChange),
    controller: () => controllerService(bus),
    alive: async () => ping(await bus(), 10_000),
    close,
  };
}
