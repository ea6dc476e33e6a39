const firstMs = 1000;
const longestMs = 60_000;

/**
 * Milliseconds to wait after so many failures in a row, the first one included: doubled from 1 s to 60 s, and up to a fifth more or less,
 * so that those who failed together do not come back together.
 */
export function backOff(failures: number, random: () => number): number {
  const base = Math.min(longestMs, firstMs * 2 ** Math.min(16, Math.max(0, failures - 1)));
  return Math.round(base * (0.8 + 0.4 * random()));
}
