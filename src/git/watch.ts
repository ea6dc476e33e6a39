import { basename } from 'node:path';
import { type FSWatcher, watch } from 'chokidar';
import { type Place, placesOf, type Targets } from './watched.ts';

export interface Watched {
  /** Asked anew at each look: they may have moved. */
  readonly targets: () => Targets;
  /** What must differ for the caller to be called. */
  readonly value: () => Promise<string>;
  /** The value that the caller knows; `null`: the one when the watch begins. */
  readonly known: string | null;
  /** How long to wait for more after an event: for files that are not replaced in one step. */
  readonly settleMs: number;
}

export interface Watch {
  /** Makes sure that what is there now is watched, for what no event tells: a directory further up that was moved. */
  readonly check: () => void;
  readonly end: () => Promise<void>;
}

/** Directories that are exchanged this often while they are looked at have to wait for the next event. */
const maxArming = 5;

/**
 * Calls back when a value has changed: at most once for any number of changes while it was being looked at, and the last one is
 * always seen. Rejects when the system gives no watch at all; later failures, and errors of the callback, stay within.
 */
export async function watchValue(watched: Watched, onChange: () => void): Promise<Watch> {
  const armed = new Armed(watched.targets, () => schedule());
  let last = watched.known;
  let looking: Promise<void> | null = null;
  let isDue = false;
  let timer: NodeJS.Timeout | null = null;

  const schedule = (): void => {
    if (armed.isEnded || timer !== null) return;
    timer = setTimeout(() => {
      timer = null;
      void look();
    }, watched.settleMs);
  };
  const look = (): Promise<void> => {
    isDue = true;
    looking ??= lookUntilQuiet().finally(() => {
      looking = null;
    });
    return looking;
  };
  const lookUntilQuiet = async (): Promise<void> => {
    while (isDue && !armed.isEnded) {
      isDue = false;
      await armed.renew().catch(() => 'the next event, or the next look of the caller, tries again');
      const value = await watched.value().catch(() => null);
      if (value === null || value === last || armed.isEnded) continue;
      const before = last;
      last = value;
      if (before !== null) call(onChange);
    }
  };

  await armed.renew();
  await look();
  return {
    check: () =>
      void armed.renew().then(
        (isNew) => (isNew ? look() : undefined),
        () => 'the next one tries again',
      ),
    end: async () => {
      if (timer !== null) clearTimeout(timer);
      await armed.end();
      await looking;
    },
  };
}

function call(onChange: () => void): void {
  try {
    onChange();
  } catch {
    // Whoever is told of a change has to bear its own failures.
  }
}

/** A watch of the directories that matter just now. */
class Armed {
  readonly #targets: () => Targets;
  readonly #onEvent: () => void;
  #watcher: FSWatcher | null = null;
  #places: ReadonlyMap<string, Place> = new Map();
  #renewing: Promise<unknown> = Promise.resolve();
  isEnded = false;

  constructor(targets: () => Targets, onEvent: () => void) {
    this.#targets = targets;
    this.#onEvent = onEvent;
  }

  /** Watches what is to be watched now; whether that is something new. */
  renew(): Promise<boolean> {
    const renewed = this.#renewing.then(() => this.#renew());
    this.#renewing = renewed.catch(() => false);
    return renewed;
  }

  /** Again until nothing moved meanwhile. */
  async #renew(): Promise<boolean> {
    let isNew = false;
    for (let count = 0; count < maxArming && !this.isEnded; count += 1) {
      const places = await placesOf(this.#targets());
      const isSettled = this.#watcher !== null && isSame(places, this.#places);
      this.#places = places;
      if (isSettled || this.isEnded) return isNew;
      isNew = true;
      await this.#close();
      this.#watcher = await begin([...places.keys()], (folder, name) => {
        if (isRelevant(this.#places.get(folder), folder, name)) this.#onEvent();
      });
    }
    return isNew;
  }

  async end(): Promise<void> {
    this.isEnded = true;
    await this.#renewing;
    await this.#close();
  }

  async #close(): Promise<void> {
    const watcher = this.#watcher;
    this.#watcher = null;
    await watcher?.close();
  }
}

const isSame = (one: ReadonlyMap<string, Place>, other: ReadonlyMap<string, Place>): boolean =>
  one.size === other.size && [...one].every(([path, { identity }]) => other.get(path)?.identity === identity);

function isRelevant(place: Place | undefined, folder: string, name: string | null): boolean {
  // An event without a name, or with the directory's own, is about the directory itself.
  return place === undefined || place.names === 'any' || name === null || name === basename(folder) || place.names.has(name);
}

/**
 * The directories alone are watched: an event of one names the entry. Only raw events are listened to: the others are dropped when
 * they follow each other closely, and the last could be among them.
 */
async function begin(folders: readonly string[], onEvent: (folder: string, name: string | null) => void): Promise<FSWatcher> {
  const wanted = new Set(folders);
  const watcher = watch([...folders], {
    depth: 0,
    ignored: (path) => !wanted.has(path),
    ignoreInitial: true,
    followSymlinks: false,
    atomic: false,
    usePolling: false,
  });
  watcher.on('raw', (_event, name, details) => onEvent(watchedPath(details), name));
  try {
    await new Promise<void>((resolve, reject) => {
      watcher.on('ready', resolve);
      // Once it has begun, there is always a next event or look.
      watcher.on('error', reject);
    });
    return watcher;
  } catch (error) {
    await watcher.close();
    throw error;
  }
}

const watchedPath = (details: unknown): string =>
  typeof details === 'object' && details !== null && 'watchedPath' in details ? String(details.watchedPath) : '';
