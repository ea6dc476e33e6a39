import type { Roster } from '../model/roster.ts';
import type { Scope } from './input.ts';
import { isGlob, selects } from './selects.ts';

/**
 * One host and tenant for each way in which the selectors of these rosters can divide the world: every name that is written,
 * a name for each glob, a host and a tenant that nobody names. Scopes that select the same rosters are told once.
 */
export function scopesOf(rosters: readonly Roster[]): readonly Scope[] {
  const byChoice = new Map<string, Scope>();
  for (const scope of nameable(rosters)) {
    const choice = rosters.flatMap((roster, index) => (selects(roster, scope) ? [index] : [])).join();
    if (!byChoice.has(choice)) byChoice.set(choice, scope);
  }
  return [...byChoice.values()];
}

/** Every host and tenant that these rosters name and that one of them selects, told apart or not. */
export const namedScopes = (rosters: readonly Roster[]): readonly Scope[] =>
  nameable(rosters).filter((scope) => rosters.some((roster) => selects(roster, scope)));

function nameable(rosters: readonly Roster[]): readonly Scope[] {
  const namedHosts = rosters.flatMap((roster) => roster.hosts ?? []).map((selector) => sample(selector));
  const namedTenants = rosters.flatMap((roster) => (roster.tenant === null ? [] : [roster.tenant]));
  const hosts = distinct([...namedHosts, namedHosts.length === 0 ? 'any-host' : 'any-other-host']);
  const tenants = distinct([...namedTenants, namedTenants.length === 0 ? 'any-user' : 'any-other-user']);
  return hosts.flatMap((host) => tenants.map((tenant) => ({ host, tenant })));
}

/** A host that the selector matches: itself, or its glob filled with letters that other selectors hardly name. */
const sample = (selector: string): string =>
  isGlob(selector) ? selector.toLowerCase().replaceAll('*', 'sample').replaceAll('?', 'x') : selector.toLowerCase();

const distinct = (names: readonly string[]): string[] => [...new Set(names)];
