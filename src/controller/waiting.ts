/** Who waits until nothing is left to be done, each for a pass that began after it had asked. */
export class Waiting {
  #waiting: { readonly since: number; readonly resolve: () => void }[] = [];
  #begun = 0;

  passBegins(): void {
    this.#begun += 1;
  }

  /** The pass that began last has left nothing to do: those who had asked before it began have waited long enough. */
  nothingLeft(): void {
    this.#release((since) => since < this.#begun);
  }

  /** There will be no pass any more. */
  end(): void {
    this.#release(() => true);
  }

  wait(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push({ since: this.#begun, resolve }));
  }

  #release(isHeard: (since: number) => boolean): void {
    const heard = this.#waiting.filter(({ since }) => isHeard(since));
    this.#waiting = this.#waiting.filter(({ since }) => !isHeard(since));
    for (const { resolve } of heard) resolve();
  }
}
