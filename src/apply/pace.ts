/** How fast a host is changed, by whomever. */
export const pace = {
  /** Actions under way at once. systemd runs jobs side by side; tmux makes sessions one after another whatever is asked of it. */
  concurrency: 100,
  /** A new orchestrator whose program cannot even start is gone within this time, in milliseconds, and its predecessor comes back. */
  probationMs: 3000,
} as const;
