import type { Roster } from '../model/roster.ts';
import type { Scope } from './input.ts';

/** Whether a roster belongs on this host and tenant. Host names and their globs (`*`, `?`) are compared without case. */
export function selects(roster: Roster, scope: Scope): boolean {
  if (roster.tenant !== null && roster.tenant !== scope.tenant) return false;
  return roster.hosts === null || roster.hosts.some((selector) => matches(selector, scope.host));
}

export const isGlob = (selector: string): boolean => /[*?]/.test(selector);

export function matches(selector: string, host: string): boolean {
  const pattern = selector.toLowerCase();
  const name = host.toLowerCase();
  // Two pointers with one way back: linear for ordinary globs, quadratic at worst, never exponential.
  let at = 0;
  let star = -1;
  let resume = 0;
  let step = 0;
  while (at < name.length) {
    if (pattern[step] === '*') {
      star = step++;
      resume = at;
    } else if (pattern[step] === '?' || pattern[step] === name[at]) {
      step++;
      at++;
    } else if (star !== -1) {
      step = star + 1;
      at = ++resume;
    } else {
      return false;
    }
  }
  while (pattern[step] === '*') step++;
  return step === pattern.length;
}
