import { PortError } from '../../src/model/ports.ts';
import type { LogContent, RecordLog } from '../../src/model/record-log.ts';
import type { Guard } from '../../src/model/shape.ts';

/** Logs by name, that outlive whoever writes them. */
export class MemoryDisk {
  isFull = false;
  readonly #logs = new Map<string, Shelf>();

  log<T>(name: string, isRecord: Guard<T>): RecordLog<T> {
    const shelf = this.#logs.get(name) ?? { lines: [], generation: 0, watchers: new Set() };
    this.#logs.set(name, shelf);
    let seen = { generation: -1, lines: 0, damaged: 0, records: [] as T[] };
    const look = (): void => {
      if (seen.generation !== shelf.generation) seen = { generation: shelf.generation, lines: 0, damaged: 0, records: [] };
      for (const line of shelf.lines.slice(seen.lines)) {
        const value: unknown = JSON.parse(line);
        if (isRecord(value)) seen.records.push(value);
        else seen.damaged += 1;
      }
      seen.lines = shelf.lines.length;
    };
    return {
      read: async (): Promise<LogContent<T>> => {
        look();
        return { records: seen.records, damaged: seen.damaged, generation: seen.generation };
      },
      append: async (records) => {
        // What a full disk takes of it is the beginning.
        const lines = records.map((record) => JSON.stringify(record));
        shelf.lines.push(...(this.isFull ? lines.slice(0, -1) : lines));
        if (this.isFull) throw new PortError('failed', `cannot write to ${name}: no space left on the device`);
        for (const onChange of shelf.watchers) queueMicrotask(onChange);
      },
      compact: async (shorten) => {
        look();
        const { records, damaged } = seen;
        const short = shorten(records);
        if (this.isFull || (damaged === 0 && short.length > records.length / 2)) return null;
        shelf.lines = short.map((record) => JSON.stringify(record));
        shelf.generation += 1;
        return damaged === 0 ? null : `${name}.damaged`;
      },
      watch: (onChange) => {
        shelf.watchers.add(onChange);
        return () => shelf.watchers.delete(onChange);
      },
    };
  }

  damage(name: string, line: string): void {
    this.#logs.get(name)?.lines.unshift(JSON.stringify(line));
  }

  /** All that is on it. */
  get text(): string {
    return [...this.#logs.values()].flatMap(({ lines }) => lines).join('\n');
  }

  lines(name: string): number {
    return this.#logs.get(name)?.lines.length ?? 0;
  }
}

interface Shelf {
  lines: string[];
  generation: number;
  readonly watchers: Set<() => void>;
}
