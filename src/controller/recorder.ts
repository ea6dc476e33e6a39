import type { ControllerRecord, HistoryEntry } from '../model/controller.ts';
import type { ControllerStore } from '../model/controller-ports.ts';
import { messageOf } from '../model/message-of.ts';

/** Lines of history that wait for a disk that takes them; older ones are given up. */
const longestQueue = 1000;

export type Outcome = Extract<HistoryEntry, { kind: 'revision' }>;

/**
 * What the controller writes of itself. A disk that is full keeps nobody from healing: what could not be written waits, and is
 * written when it can be. Whoever is to be told of an entry is told later, by somebody else: see `takeUntold`.
 */
export class Recorder {
  readonly #store: ControllerStore;
  readonly #onWritten: (entry: HistoryEntry) => void;
  #unsaved: ControllerRecord | null = null;
  #unwritten: HistoryEntry[] = [];
  #givenUp = 0;
  #untold: HistoryEntry[] = [];
  /** What an earlier run wrote last; what it decided with it may have been lost. */
  #lastOutcomes: readonly Outcome[] = [];
  readonly #undone = new Map<string, () => Promise<void>>();
  readonly #trouble = new Map<string, string>();
  /** One write at a time: requests of operators come while a pass is under way. */
  #last: Promise<void> = Promise.resolve();

  /** `onWritten` is for the journal: it hears of an entry once it is in the history, or waits for a disk that takes it. */
  constructor(store: ControllerStore, onWritten: (entry: HistoryEntry) => void) {
    this.#store = store;
    this.#onWritten = onWritten;
  }

  /** What the history ended with before this run: the same outcomes, come to anew, are no news. */
  continueAfter(outcomes: readonly Outcome[]): void {
    this.#lastOutcomes = outcomes;
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
    const news = entries.filter((entry) => this.#isNews(entry));
    if (news.length === 0) return;
    this.#unwritten.push(...news);
    this.#givenUp += this.#unwritten.splice(0, this.#unwritten.length - longestQueue).length;
    await this.#appendAll();
    this.#untold.push(...news);
    for (const entry of news) this.#onWritten(entry);
  }

  /** What was appended since this was asked last. Whoever is told of it may end this process: so it comes after all that is saved. */
  takeUntold(): readonly HistoryEntry[] {
    return this.#untold.splice(0);
  }

  #isNews(entry: HistoryEntry): boolean {
    if (entry.kind !== 'revision') return true;
    const { subject, outcome, message } = entry;
    const known = this.#lastOutcomes.findIndex(
      (one) => one.subject === subject && one.outcome === outcome && one.message === message,
    );
    this.#lastOutcomes = known === -1 ? [] : this.#lastOutcomes.slice(known + 1);
    return known === -1;
  }

  /** A deed of remembering that is asked for once, such as a ref: it is tried until it succeeds, or another one takes its place. */
  async insist(what: string, deed: () => Promise<void>): Promise<void> {
    this.#undone.set(what, deed);
    await this.#doUndone();
  }

  /** Any other deed of remembering, such as the record of what was reached; tried again by whoever asks for it again. */
  async attempt(what: string, deed: () => Promise<void>): Promise<void> {
    try {
      await deed();
      this.#trouble.delete(what);
    } catch (error) {
      this.#trouble.set(what, `${what}: ${messageOf(error)}`);
    }
  }

  /** Tries again what could not be written. */
  async catchUp(): Promise<void> {
    if (this.#unsaved !== null) await this.#saveLast();
    if (this.#unwritten.length > 0) await this.#appendAll();
    await this.#doUndone();
  }

  #saveLast(): Promise<void> {
    return this.#inTurn('the record of the controller', async () => {
      const record = this.#unsaved;
      if (record === null) return;
      await this.#store.save(record);
      if (this.#unsaved === record) this.#unsaved = null;
    });
  }

  #appendAll(): Promise<void> {
    return this.#inTurn('the history', async () => {
      for (let entry = this.#unwritten[0]; entry !== undefined; entry = this.#unwritten[0]) {
        await this.#tellGap(entry);
        await this.#store.append(entry);
        // Meanwhile the queue may have been cut.
        if (this.#unwritten[0] === entry) this.#unwritten.shift();
      }
    });
  }

  async #tellGap({ at, revision }: HistoryEntry): Promise<void> {
    const count = this.#givenUp;
    if (count === 0) return;
    const message = `the ${count} entries before this one are lost: they could not be written for too long`;
    await this.#store.append({ format_version: '1.0', at, revision, kind: 'controller', event: 'failed', message });
    this.#givenUp -= count;
  }

  async #doUndone(): Promise<void> {
    for (const what of this.#undone.keys()) {
      await this.#inTurn(what, async () => {
        const deed = this.#undone.get(what);
        if (deed === undefined) return;
        await deed();
        if (this.#undone.get(what) === deed) this.#undone.delete(what);
      });
    }
  }

  #inTurn(what: string, deed: () => Promise<void>): Promise<void> {
    this.#last = this.#last.then(() => this.attempt(what, deed));
    return this.#last;
  }
}
