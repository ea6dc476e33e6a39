/** Says whether a value that was read has the shape it should have. */
export type Guard<T> = (value: unknown) => value is T;

export const isText = (value: unknown): value is string => typeof value === 'string';
export const isFlag = (value: unknown): value is boolean => typeof value === 'boolean';
export const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value) && value >= 0;
/** RFC 3339, UTC. */
export const isTime = (value: unknown): value is string =>
  isText(value) && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/.test(value) && !Number.isNaN(Date.parse(value));
/** Full id of a commit. */
export const isCommit = (value: unknown): value is string => isText(value) && /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(value);
/** Every minor version of the major one that this program writes. */
export const isFormat = (value: unknown): value is '1.0' => isText(value) && /^1\.\d+$/.test(value);

export type Fields = Readonly<Record<string, unknown>>;
export const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

export const oneOf =
  <const Words extends readonly unknown[]>(words: Words): Guard<Words[number]> =>
  (value): value is Words[number] =>
    words.includes(value);

export const nullOr =
  <T>(guard: Guard<T>): Guard<T | null> =>
  (value): value is T | null =>
    value === null || guard(value);

export const optional =
  <T>(guard: Guard<T>): Guard<T | undefined> =>
  (value): value is T | undefined =>
    value === undefined || guard(value);

export const listOf =
  <T>(guard: Guard<T>): Guard<readonly T[]> =>
  (value): value is readonly T[] =>
    Array.isArray(value) && value.every(guard);

export const recordOf =
  <T>(guard: Guard<T>): Guard<Readonly<Record<string, T>>> =>
  (value): value is Readonly<Record<string, T>> =>
    isFields(value) && Object.values(value).every(guard);

/** Every key of `T` by its guard; keys besides these are no harm. */
export function shapeOf<T extends object>(guards: { readonly [Key in keyof T]-?: (value: unknown) => boolean }): Guard<T> {
  const checks = Object.entries<(value: unknown) => boolean>(guards).map(([key, holds]) => ({ key, holds }));
  return (value): value is T => isFields(value) && checks.every(({ key, holds }) => holds(value[key]));
}
