/** Times as people read them, all in UTC; what is no time is shown as it is. */

/** `2026-01-02`. */
export const dayOf = (at: string): string => at.slice(0, 10);

/** `15:04:05`. */
export const clockOf = (at: string): string => at.slice(11, 19);

/** A sentence in which times are `2026-01-02 15:04 UTC`. */
export const withMinutes = (text: string): string =>
  text.replace(/\b(\d{4}-\d\d-\d\d)T(\d\d:\d\d):\d\d(?:\.\d+)?Z\b/g, '$1 $2 UTC');

/** A sentence in which times are `2026-01-02 15:04:05 UTC`: for what comes in seconds. */
export const withSeconds = (text: string): string =>
  text.replace(/\b(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?Z\b/g, '$1 $2 UTC');

/** `12s`, `4m`, `3h`, `9d`. */
export function ago(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`;
  return seconds < 86_400 ? `${Math.floor(seconds / 3600)}h` : `${Math.floor(seconds / 86_400)}d`;
}
