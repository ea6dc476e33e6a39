import type { Roster } from '../model/roster.ts';
import type { Scope } from './input.ts';
import { isGlob, selects } from './selects.ts';

/**
 * One host and tenant for each way in which the selectors of these rosters can divide the world: every name that is written,
 * a name for each glob, a host and a tenant that nobody names. Scopes that select the same rosters are told once.
 */
export function scopesOf(rosters: readonly Roster[]): readonly Scope[] {
  const hosts = distinct([...rosters.flatMap((roster) => roster.hosts ?? []).map((selector) => sample(selector)), unnamedHost]);
  const tenants = distinct([...rosters.flatMap((roster) => (roster.tenant === null ? [] : [roster.tenant])), unnamedTenant]);
  const byChoice = new Map<string, Scope>();
  for (const host of hosts) {
    for (const tenant of tenants) {
      const scope = { host, tenant };
      const choice = rosters.flatMap((roster, index) => (selects(roster, scope) ? [index] : [])).join();
      if (!byChoice.has(choice)) byChoice.set(choice, scope);
    }
  }
  return [...byChoice.values()];
}

const unnamedHost = 'any-other-host';
const unnamedTenant = 'any-other-user';

/** A host that the selector matches: itself, or its glob filled with letters that other selectors hardly name. */
const sample = (selector: string): string =>
  isGlob(selector) ? selector.toLowerCase().replaceAll('*', 'sample').replaceAll('?', 'x') : selector.toLowerCase();

const distinct = (names: readonly string[]): string[] => [...new Set(names)];
