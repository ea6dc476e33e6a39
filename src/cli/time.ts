import { exitStatus } from './context.ts';
import { type Refusal, refuse } from './refusal.ts';

const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const longest = 100 * 365 * 86_400_000;

/** `30s`, `15m`, `2h`, `1h30m`, `3d`, `2w` in milliseconds. Refuses everything else. */
export function durationOf(text: string, flag: string): number {
  const parts = /^(?:\d+[smhdw])+$/.test(text) ? [...text.matchAll(/(\d+)([smhdw])/g)] : [];
  const total = parts.reduce((sum, [, count, unit = '']) => sum + Number(count) * (units[unit] ?? 0), 0);
  if (total > 0 && total <= longest) return total;
  throw wrong(flag, text, 'is no length of time', 'Such as 30s, 15m, 2h, 1h30m, 3d.');
}

const timePattern = /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/;

/** A time of ISO 8601, local unless it says otherwise. Refuses everything else. */
export function timeOf(text: string, flag: string): Date {
  // A date alone would be taken for UTC.
  const at = timePattern.test(text) ? Date.parse(text.length === 10 ? `${text}T00:00` : text.replace(' ', 'T')) : Number.NaN;
  if (!Number.isNaN(at)) return new Date(at);
  throw wrong(flag, text, 'is no time', 'Such as 2026-01-02T15:04, which is local, or 2026-01-02T15:04:00Z.');
}

export const wrong = (flag: string, text: string, why: string, hint: string): Refusal =>
  refuse({ code: 'usage', summary: `${flag} ${JSON.stringify(text)} ${why}`, hint }, exitStatus.usage);
