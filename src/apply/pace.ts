/** How fast a host is changed, by whomever. */

/** Actions under way at once. systemd runs jobs side by side; tmux makes sessions one after another whatever is asked of it. */
export const concurrency = 100;
/** A new orchestrator whose program cannot even start is gone within this time, and its predecessor comes back. Milliseconds, as all here. */
export const probationMs = 3000;
/** Units may take so long to come up after the last action. */
export const settleMs = 20_000;
