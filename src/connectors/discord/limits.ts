import type { WireAnswer } from './wire.ts';

/** When a request may be made, by what the server has said. Times are monotonic, in milliseconds. */
export interface Limits {
  /** Milliseconds until a request on this route may be made; 0: now. */
  waitFor(route: Route): number;
  spend(route: Route): void;
  /** Learns from an answer. Gives how long to wait where it was turned away for the rate, else `null`. */
  learn(route: Route, answer: WireAnswer): number | null;
}

/** What shares a limit: a method with its path, and the channel or guild in it. */
export interface Route {
  readonly name: string;
  readonly of: string;
}

interface Bucket {
  remaining: number;
  resetAt: number;
}

/** Of the 50 a second that are allowed in all; who shares the token has some, too. */
const perSecond = 40;
/** Of the 10,000 answers of 401, 403 and 429 within ten minutes that bar an address. */
const mostInvalid = 2000;
const invalidWithinMs = 600_000;
const usualDelayMs = 1000;

export function limits(now: () => number): Limits {
  const bucketOf = new Map<string, string>();
  const buckets = new Map<string, Bucket>();
  let globalUntil = 0;
  let recent: number[] = [];
  let invalid: number[] = [];

  const keyOf = ({ name, of }: Route): string => `${bucketOf.get(name) ?? name} ${of}`;
  const waits = (route: Route): number[] => {
    const at = now();
    const bucket = buckets.get(keyOf(route));
    recent = recent.filter((time) => at - time < 1000);
    invalid = invalid.filter((time) => at - time < invalidWithinMs);
    return [
      globalUntil - at,
      bucket === undefined || bucket.remaining > 0 ? 0 : bucket.resetAt - at,
      recent.length < perSecond ? 0 : 1000 - (at - (recent[0] ?? at)),
      invalid.length < mostInvalid ? 0 : invalidWithinMs - (at - (invalid[0] ?? at)),
    ];
  };

  return {
    waitFor: (route) => Math.ceil(Math.max(0, ...waits(route))),
    spend: (route) => {
      recent.push(now());
      const bucket = buckets.get(keyOf(route));
      if (bucket !== undefined) bucket.remaining -= 1;
    },
    learn: (route, answer) => {
      const { status } = answer;
      const scope = answer.header('x-ratelimit-scope');
      const hash = answer.header('x-ratelimit-bucket');
      if (hash !== null) bucketOf.set(route.name, hash);
      if (buckets.size > 1000) forgetOver(buckets, now());
      const remaining = numberIn(answer.header('x-ratelimit-remaining'));
      const resetAfter = numberIn(answer.header('x-ratelimit-reset-after'));
      if (remaining !== null && resetAfter !== null) buckets.set(keyOf(route), { remaining, resetAt: now() + resetAfter * 1000 });
      if (status === 401 || status === 403 || (status === 429 && scope !== 'shared')) invalid.push(now());
      if (status !== 429) return null;
      const delay = delayOf(answer);
      if (isGlobal(answer)) globalUntil = now() + delay;
      else buckets.set(keyOf(route), { remaining: 0, resetAt: now() + delay });
      return delay;
    },
  };
}

const isGlobal = (answer: WireAnswer): boolean =>
  answer.header('x-ratelimit-scope') === 'global' ||
  answer.header('x-ratelimit-global') === 'true' ||
  /"global"\s*:\s*true/.test(answer.text);

/** The body says it to the millisecond, the header in whole seconds. */
function delayOf(answer: WireAnswer): number {
  const header = numberIn(answer.header('retry-after'));
  const body = numberIn(/"retry_after"\s*:\s*([\d.]+)/.exec(answer.text)?.[1] ?? null);
  if (body !== null) return Math.ceil(body * 1000);
  return header === null ? usualDelayMs : header * 1000;
}

const numberIn = (text: string | null): number | null => {
  const value = text === null || text === '' ? Number.NaN : Number(text);
  return Number.isFinite(value) && value >= 0 ? value : null;
};

function forgetOver(buckets: Map<string, Bucket>, at: number): void {
  for (const [key, { resetAt }] of buckets) if (resetAt < at) buckets.delete(key);
}
