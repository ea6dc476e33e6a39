import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { DeliveryLock, InboxJournal, RunReader } from '../model/inbox.ts';
import type { HostFacts } from '../model/observation.ts';
import { unitReader } from '../systemd/units.ts';
import { linewise } from '../tmux/line-mode.ts';
import { type PaneDriver, paneDriver } from '../tmux/pane.ts';
import { hostRoots } from './facts.ts';
import { inboxJournal } from './inbox-journal.ts';
import { deliveryLock } from './inbox-lock.ts';
import { runReader } from './inbox-runs.ts';
import { lazyBus } from './lazy-bus.ts';

/** What talking to agents asks of this machine. */
export interface InboxConnection {
  readonly runs: RunReader;
  readonly panes: PaneDriver;
  readonly lock: DeliveryLock;
  readonly journal: (agent: string) => InboxJournal;
  readonly linewise: (tty: string) => Promise<boolean | null>;
  readonly environment: (pid: number) => Promise<Readonly<Record<string, string>>>;
  /** Connects to the bus beforehand; that there is none is told to who asks for something. */
  warm(): void;
  /** Ends the connection to the bus, where there is one. */
  close(): Promise<void>;
}

/** This machine, as the user who runs the process. The bus is connected at first use. */
export function connectInbox(facts: HostFacts, env: Readonly<Record<string, string | undefined>>): InboxConnection {
  const { runtimeDir, stateDir } = hostRoots(facts, env);
  const { bus, close } = lazyBus(path.join(runtimeDir, 'bus'));
  return {
    runs: runReader(runtimeDir, unitReader(bus, runtimeDir)),
    panes: paneDriver(env),
    lock: deliveryLock(bus),
    journal: (agent) => inboxJournal(stateDir, agent),
    linewise: (tty) => linewise(tty, env),
    environment: startEnvironment,
    warm: () => void bus().catch(() => {}),
    close,
  };
}

/** Environment with which a process was started; empty where it is gone, or somebody else's. */
export async function startEnvironment(pid: number): Promise<Record<string, string>> {
  const block = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
  const pairs = block.split('\0').filter((pair) => pair.includes('='));
  return Object.fromEntries(pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]));
}
