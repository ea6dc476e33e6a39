import type { DeliveryLock, InboxJournal, RunReader } from '../../model/inbox.ts';
import type { PaneDriver } from '../../tmux/pane.ts';
import type { DeliveryAdapter } from './adapter-port.ts';

/** All that delivery asks of a host. */
export interface DeliveryWorld {
  readonly runs: RunReader;
  readonly panes: PaneDriver;
  readonly lock: DeliveryLock;
  readonly journal: (agent: string) => InboxJournal;
  /** Whether a terminal hands lines to its program; `null` where it cannot be asked. */
  readonly linewise: (tty: string) => Promise<boolean | null>;
  /** Environment with which a process was started; empty where it is gone. */
  readonly environment: (pid: number) => Promise<Readonly<Record<string, string>>>;
  /** Of the runtime that a process with this environment runs. */
  readonly adapter: (runtime: string) => DeliveryAdapter;
  readonly clock: DeliveryClock;
  /** The user whose agents these are. */
  readonly operator: string;
}

export interface DeliveryClock {
  /** Wall clock. */
  date(): Date;
  /** Monotonic, milliseconds. */
  now(): number;
  sleep(milliseconds: number): Promise<void>;
}
