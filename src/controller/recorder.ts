import type { ControllerRecord, HistoryEntry } from '../model/controller.ts';
import type { ControllerStore } from '../model/controller-ports.ts';

/** Lines of history that wait for a disk that takes them; older ones are given up. */
const longestQueue = 1000;

/**
 * What the controller writes of itself. A disk that is full keeps nobody from healing: what could not be written waits, and is
 * written when it can be.
 */
export class Recorder {
  readonly #store: ControllerStore;
  readonly #onEntry: (entry: HistoryEntry) => void;
  #unsaved: ControllerRecord | null = null;
  #unwritten: HistoryEntry[] = [];
  readonly #trouble = new Map<string, string>();

  constructor(store: ControllerStore, onEntry: (entry: HistoryEntry) => void) {
    this.#store = store;
    this.#onEntry = onEntry;
  }

  /** Why something could not be written; `null` when everything is. */
  get trouble(): string | null {
    return this.#trouble.values().next().value ?? null;
  }

  async save(record: ControllerRecord): Promise<void> {
    this.#unsaved = record;
    await this.#saveLast();
  }

  async append(...entries: readonly HistoryEntry[]): Promise<void> {
    for (const entry of entries) this.#onEntry(entry);
    this.#unwritten.push(...entries);
    if (this.#unwritten.length > longestQueue) this.#unwritten = this.#unwritten.slice(-longestQueue);
    await this.#appendAll();
  }

  /** Any other deed of remembering, such as a ref or the record of what was reached; tried again by whoever asks for it again. */
  async attempt(what: string, deed: () => Promise<void>): Promise<void> {
    try {
      await deed();
      this.#trouble.delete(what);
    } catch (error) {
      this.#trouble.set(what, `${what}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** Tries again what could not be written. */
  async catchUp(): Promise<void> {
    if (this.#unsaved !== null) await this.#saveLast();
    if (this.#unwritten.length > 0) await this.#appendAll();
  }

  #saveLast(): Promise<void> {
    return this.attempt('the record of the controller', async () => {
      const record = this.#unsaved;
      if (record === null) return;
      await this.#store.save(record);
      this.#unsaved = null;
    });
  }

  #appendAll(): Promise<void> {
    return this.attempt('the history', async () => {
      for (let entry = this.#unwritten[0]; entry !== undefined; entry = this.#unwritten[0]) {
        await this.#store.append(entry);
        this.#unwritten.shift();
      }
    });
  }
}
