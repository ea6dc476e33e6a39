/**
 * Durable records of one kind, oldest first. Many processes may append at once; one of them, the owner, may do the rest. A method that cannot
 * do its work rejects with a `PortError`, and what it had begun does no harm to what is there.
 */
export interface RecordLog<T> {
  read(): Promise<LogContent<T>>;
  /** On the disk when it resolves. When it rejects, or the machine dies meanwhile, the first few of them may be there, or all. */
  append(records: readonly T[]): Promise<void>;
  /**
   * For the owner: puts what `shorten` leaves in the place of a log that has grown large, or was damaged; then a copy of the damaged one is
   * kept beside it, whose path is given. `null`: nothing was damaged. A crash leaves the old log or the new one, with all that was appended.
   */
  compact(shorten: (records: readonly T[]) => readonly T[]): Promise<string | null>;
  /** Calls back whenever somebody may have appended; gives the function that ends it. Says nothing of what is there already. */
  watch(onChange: () => void): () => void;
}

export interface LogContent<T> {
  readonly records: readonly T[];
  /** Lines that cannot be read. An append that a crash cut short is one. */
  readonly damaged: number;
  /** As long as it is the same, records are only added to those of before. */
  readonly generation: number;
}
