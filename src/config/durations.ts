/** Milliseconds of each unit, the longest first. */
const units = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 } as const;

/** Milliseconds of `500ms`, `10s`, `5m` or `1h`; `NaN` for anything else. */
export function parseDuration(text: string): number {
  const [, count = '', unit = ''] = /^([0-9]{1,9})(ms|s|m|h)$/.exec(text) ?? [];
  const each = unit === 'ms' || unit === 's' || unit === 'm' || unit === 'h' ? units[unit] : Number.NaN;
  return Number(count) * each;
}

/** The same in the longest unit that gives a whole number. */
export function formatDuration(milliseconds: number): string {
  const [unit, each] = Object.entries(units).find(([, length]) => milliseconds >= length && milliseconds % length === 0) ?? [
    'ms',
    1,
  ];
  return `${milliseconds / each}${unit}`;
}
