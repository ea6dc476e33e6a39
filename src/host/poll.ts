/**
 * Looks every `everyMs` milliseconds, and says when what it sees is something else than before; gives the function that ends it. A look that
 * fails is a change, further failures are none.
 */
export function pollForChange(look: () => Promise<string>, everyMs: number, onChange: () => void): () => void {
  let before: string | null = null;
  let ended = false;
  let timer: NodeJS.Timeout | null = null;

  const turn = async (): Promise<void> => {
    const now = await look().catch(() => 'unreadable');
    if (ended) return;
    const changed = before !== null && before !== now;
    before = now;
    timer = setTimeout(turn, everyMs);
    if (changed) onChange();
  };
  void turn();

  return () => {
    ended = true;
    if (timer !== null) clearTimeout(timer);
  };
}
