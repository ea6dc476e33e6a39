/** A stream of numbers that depends on the seed alone (mulberry32). */
export interface Random {
  /** Whole number from 0 to below `limit`. */
  below(limit: number): number;
  /** This many hexadecimal digits. */
  hex(length: number): string;
}

export function seeded(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return { below, hex: (length) => Array.from({ length }, () => below(16).toString(16)).join('') };
}
