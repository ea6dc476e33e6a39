/** Writes one value at a time; of those that come while one is written only the last is. */
export class Latest<T> {
  readonly #write: (value: T) => Promise<void>;
  #next: { readonly value: T } | null = null;
  #writing: Promise<void> = Promise.resolve();
  #isWriting = false;

  constructor(write: (value: T) => Promise<void>) {
    this.#write = write;
  }

  put(value: T): void {
    this.#next = { value };
    if (!this.#isWriting) this.#writing = this.#writeAll();
  }

  /** Resolves once the last one is written. */
  async written(): Promise<void> {
    while (this.#isWriting) await this.#writing;
  }

  async #writeAll(): Promise<void> {
    this.#isWriting = true;
    for (let next = this.#next; next !== null; next = this.#next) {
      this.#next = null;
      await this.#write(next.value);
    }
    // In the same turn in which nothing more was found: what comes later finds nobody writing.
    this.#isWriting = false;
  }
}
