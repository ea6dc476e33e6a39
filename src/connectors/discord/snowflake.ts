/** Ids of Discord: text of digits, too long for a number. They begin with the time at which they were given, in milliseconds since 2015. */
export type Snowflake = string;

const epochMs = 1_420_070_400_000;
const timeBits = 22n;

export const isSnowflake = (value: unknown): value is Snowflake => typeof value === 'string' && /^[1-9]\d{14,19}$/.test(value);

/** As numbers compare: a longer text of digits is a larger one. */
export const compareIds = (a: Snowflake, b: Snowflake): number => a.length - b.length || (a < b ? -1 : Number(a > b));

export const isAfter = (a: Snowflake, b: Snowflake): boolean => compareIds(a, b) > 0;

export const latest = (ids: readonly Snowflake[]): Snowflake => ids.reduce((most, id) => (isAfter(id, most) ? id : most), '0');

/** The least id that can be given at this time: milliseconds since 1970. */
export const idAt = (ms: number): Snowflake => String(BigInt(Math.max(0, Math.floor(ms) - epochMs)) << timeBits);

/** Milliseconds since 1970. */
export const timeOfId = (id: Snowflake): number => Number(BigInt(id) >> timeBits) + epochMs;
