import { isError } from '../model/diagnostic.ts';
import { notice, type Rule } from './input.ts';

/** Nothing here belongs on this host: most often a selector with a typing error. */
export const rostersNone: Rule = ({ selected, set, scope }) => {
  if (selected.length > 0) return [];
  if (set.diagnostics.some(isError)) return []; // a file that could not be read may be the one
  const summary = `no roster selects host ${scope.host} and tenant ${scope.tenant}`;
  if (set.rosters.length === 0) return [notice('rosters/none', summary, { detail: 'there are no rosters in this revision' })];
  const detail = `the rosters of this revision: ${set.rosters
    .slice(0, 10)
    .map((roster) => `${roster.fleet} (host ${roster.hosts?.join(', ') ?? 'any'}, tenant ${roster.tenant ?? 'any'})`)
    .join('; ')}`;
  return [
    notice('rosters/none', summary, {
      detail,
      hint: 'see `host` and `tenant` in the rosters, or choose with --host and --tenant',
    }),
  ];
};
