import type { ControllerRecord, HistoryEntry } from '../../src/model/controller.ts';
import type { ControllerStore } from '../../src/model/controller-ports.ts';
import { PortError } from '../../src/model/ports.ts';

/** A state directory in memory, on a disk that may be full or damaged. */
export class Store implements ControllerStore {
  record: ControllerRecord | null = null;
  readonly entries: HistoryEntry[] = [];
  isFull = false;
  isDamaged = false;
  /** Called before each write; what it throws is what the caller gets. */
  onWrite: (() => void) | null = null;

  async load(): Promise<ControllerRecord | null> {
    if (this.isDamaged) throw new PortError('failed', 'controller.json is damaged');
    return this.record;
  }

  async save(record: ControllerRecord): Promise<void> {
    await this.#write();
    this.record = structuredClone(record);
    this.isDamaged = false;
  }

  async append(entry: HistoryEntry): Promise<void> {
    await this.#write();
    this.entries.push(structuredClone(entry));
  }

  async #write(): Promise<void> {
    this.onWrite?.();
    await Promise.resolve();
    if (this.isFull) throw new PortError('failed', 'no space left on the device');
  }
}
