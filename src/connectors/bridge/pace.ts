/** So many at once, and so many a second from then on. */
export interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

/** Who comes faster than the rate waits; nothing of it is lost. */
export interface Pace {
  /** Milliseconds until one more may pass; 0: now. */
  waitFor(who: string): number;
  spend(who: string): void;
}

/** `now` is monotonic, in milliseconds. */
export function pace({ burst, perSecond }: Rate, now: () => number): Pace {
  const purses = new Map<string, { tokens: number; at: number }>();
  const tokensOf = (who: string): number => {
    const purse = purses.get(who);
    return purse === undefined ? burst : Math.min(burst, purse.tokens + ((now() - purse.at) / 1000) * perSecond);
  };
  return {
    waitFor: (who) => {
      const lacking = 1 - tokensOf(who);
      return lacking <= 0 ? 0 : Math.ceil((lacking / perSecond) * 1000);
    },
    spend: (who) => purses.set(who, { tokens: tokensOf(who) - 1, at: now() }),
  };
}
