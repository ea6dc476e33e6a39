import type { Diagnostic } from '../model/diagnostic.ts';
import type { Roster } from '../model/roster.ts';
import { channelOf, denial, notice, type RepositoryRule } from './input.ts';
import { isGlob } from './selects.ts';

/** A fleet with a room belongs on one host: two bridges in one room would answer everything twice. */
export const connectorOneHost: RepositoryRule = (input) =>
  input.set.rosters.filter((roster) => channelOf(roster, input) !== null).flatMap(judge);

function judge(roster: Roster): Diagnostic[] {
  const { kind } = roster.connector;
  const detail = `the ${kind} connector would run once on each host, and each would answer everything`;
  if (roster.hosts === null) {
    const hint = 'name the host: `host: NAME`';
    const summary = `fleet ${roster.fleet} has a ${kind} connector and names no host`;
    return [notice('connector/one-host', summary, { detail, hint, place: roster.locate(['connector', 'kind']) })];
  }
  const [only] = roster.hosts;
  if (roster.hosts.length === 1 && only !== undefined && !isGlob(only)) return [];
  const summary = `fleet ${roster.fleet} has a ${kind} connector and names several hosts`;
  const hint = 'name one host exactly, or write one roster for each host';
  return [denial('connector/one-host', summary, { detail, hint, place: roster.locate(['host']) })];
}
