import type { ControllerStatus, HistoryEntry } from '../model/controller.ts';
import { Latest } from './latest.ts';
import type { Recorder } from './recorder.ts';

/** Who is told of what the controller has come to, each once, and only after all that goes with it is saved. */
export interface Told {
  readonly saveStatus: (status: ControllerStatus) => Promise<void>;
  /** May end this process. Must not throw. */
  readonly tell: (entry: HistoryEntry) => void;
}

export class Telling {
  readonly #recorder: Recorder;
  readonly #told: Told;
  readonly #listeners = new Set<(entry: HistoryEntry) => void>();
  readonly #saved: Latest<ControllerStatus>;
  #untold: HistoryEntry[] = [];

  constructor(recorder: Recorder, told: Told) {
    this.#recorder = recorder;
    this.#told = told;
    this.#saved = new Latest((status) => this.#saveAndTell(status));
  }

  onEntry(listener: (entry: HistoryEntry) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Saves the status, then tells of the entries that were written before this was asked. */
  tell(status: ControllerStatus): void {
    this.#untold.push(...this.#recorder.takeUntold());
    this.#saved.put(status);
  }

  /** Resolves once everybody has been told. */
  done(): Promise<void> {
    return this.#saved.written();
  }

  /** Last of all, so that whoever ends this process with it is not told of the same thing again after its start. */
  async #saveAndTell(status: ControllerStatus): Promise<void> {
    const due = this.#untold.splice(0);
    await this.#recorder.attempt('the status', () => this.#told.saveStatus(status));
    for (const entry of due) {
      this.#told.tell(entry);
      for (const listener of this.#listeners) listener(entry);
    }
  }
}
