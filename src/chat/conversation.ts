/** One word of a chat, whoever said it. */
export interface ChatEntry {
  readonly id: string;
  /** Of the people, or of the fleet. */
  readonly by: 'person' | 'fleet';
  readonly sender: string;
  readonly text: string;
  readonly attachments: readonly string[];
  /** `null`: in none. */
  readonly threadId: string | null;
  /** Of the thread that begins with it. */
  readonly title: string | null;
  /** RFC 3339, UTC. */
  readonly at: string;
  /** Of a person's: whether it is on its way to the orchestrator, or in its inbox. */
  readonly state: 'waiting' | 'handed' | null;
}

export interface Thread {
  /** `null`: what is in none. */
  readonly id: string | null;
  readonly title: string;
  readonly entries: readonly ChatEntry[];
}

/** What is in no thread first, then threads in the order in which they began. */
export function threadsOf(entries: readonly ChatEntry[]): readonly Thread[] {
  const threads = new Map<string | null, ChatEntry[]>([[null, []]]);
  for (const entry of entries) {
    const known = threads.get(entry.threadId);
    if (known === undefined) threads.set(entry.threadId, [entry]);
    else known.push(entry);
  }
  return [...threads].map(([id, own]) => ({ id, title: id === null ? 'main' : titleOf(own), entries: own }));
}

function titleOf(entries: readonly ChatEntry[]): string {
  const given = entries.find(({ title }) => title !== null)?.title;
  const words = (given ?? entries[0]?.text ?? '').split('\n', 1)[0]?.trim() ?? '';
  return words === '' ? 'thread' : words;
}

/** Words of the fleet that came after the last one that was seen, by thread. */
export function unreadOf(threads: readonly Thread[], seen: ReadonlySet<string>): ReadonlyMap<string | null, number> {
  return new Map(
    threads.map(({ id, entries }) => [id, entries.filter((entry) => entry.by === 'fleet' && !seen.has(entry.id)).length]),
  );
}
