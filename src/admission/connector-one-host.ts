import type { Diagnostic } from '../model/diagnostic.ts';
import type { Roster } from '../model/roster.ts';
import { denial, notice, type RepositoryRule } from './input.ts';
import { isGlob } from './selects.ts';

/** Kinds whose room has room for one bridge only. */
const reachable = ['matrix', 'discord'];

/** A fleet with a room belongs on one host: two bridges in one room would answer everything twice. */
export const connectorOneHost: RepositoryRule = ({ set }) =>
  set.rosters.filter(({ connector }) => reachable.includes(connector.kind)).flatMap(judge);

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
