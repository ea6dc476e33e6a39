import { type Known, known, unknown } from '../model/known.ts';
import { messageOf } from '../model/message-of.ts';
import { type FileKey, holderUnit } from '../model/names.ts';
import type { HostFacts, Observation, ObservedTmux, ObservedUnit, StartRecord } from '../model/observation.ts';
import type { HostReaders } from '../model/ports.ts';
import { agentSearchPath } from '../model/search-path.ts';
import { disagreements } from './disagreements.ts';

/** What to ask for besides what is ours by name. */
export interface Scope {
  /** Programs of agents that are to run, by agent; `path` where the roster sets one. */
  readonly programs: Readonly<Record<string, { readonly command: string; readonly path: string | null }>>;
  readonly files: readonly FileKey[];
  /** tmux socket name, used while no holder says which one is in use. */
  readonly socket: string;
}

/**
 * Asks every source at once. A source that fails is unknown, with its reason; nothing is judged here. The scope may come later:
 * what does not depend on it is asked meanwhile. Rejects only when the scope does.
 */
export async function observe(readers: HostReaders, facts: HostFacts, scope: Scope | Promise<Scope>): Promise<Observation> {
  Promise.resolve(scope).catch(() => 'met again where it is waited for');
  const [{ completed, connectors, ...witnesses }, stale, { linger, admitted, suspensions, files, programs }] = await Promise.all([
    witnessesThatAgree(readers, scope).then((seen) => withTold(readers, seen)),
    read(readers.units.needsReload()),
    othersAtWork().then(() => readOwn(readers, facts, scope)),
  ]);
  const seen = { ...witnesses, completed, connectors, programs, admitted, suspensions };
  return { format_version: '1.0', facts, linger, files, stale, ...seen };
}

/** Once systemd and tmux have been asked. Files are read while they work: to read them takes all the time of this process. */
export const othersAtWork = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function readOwn(readers: HostReaders, facts: HostFacts, scope: Scope | Promise<Scope>) {
  const [linger, admitted, suspensions, within] = await Promise.all([
    read(readers.linger.get()),
    read(readers.state.admitted()),
    read(readers.state.suspensions()),
    readWithin(readers, facts, scope),
  ]);
  return { linger, admitted, suspensions, ...within };
}

/** After the units: an agent that is seen at rest has recorded before that it was done. */
async function withTold(readers: HostReaders, seen: Witnesses) {
  const [completed, connectors] = await Promise.all([read(readers.files.completed()), read(readers.files.connectors())]);
  return { ...seen, completed, connectors };
}

async function readWithin(readers: HostReaders, facts: HostFacts, scope: Scope | Promise<Scope>) {
  const wanted = await scope;
  const [files, programs] = await Promise.all([
    read(readers.files.list(wanted.files)),
    read(findPrograms(readers, facts, wanted)),
  ]);
  return { files, programs };
}

interface Witnesses {
  readonly units: Known<Readonly<Record<string, ObservedUnit>>>;
  readonly tmux: Known<ObservedTmux>;
  readonly records: Known<Readonly<Record<string, StartRecord>>>;
}

/** Long enough for a supervisor to notice the end of its pane and exit. */
const settleMs = 120;
const looks = 4;

/**
 * systemd and tmux cannot be read in one instant. Where they disagree, both are read again until the same disagreements were
 * seen twice: only those are real.
 */
async function witnessesThatAgree(readers: HostReaders, scope: Scope | Promise<Scope>): Promise<Witnesses> {
  let seen = await readWitnesses(readers, scope);
  let before = disagreements(seen.units, seen.tmux);
  for (let look = 1; look < looks && before.size > 0; look++) {
    await new Promise((resolve) => setTimeout(resolve, settleMs));
    seen = await readWitnesses(readers, scope);
    const now = disagreements(seen.units, seen.tmux);
    if ([...now].every((one) => before.has(one))) break;
    before = now;
  }
  return seen;
}

async function readWitnesses(readers: HostReaders, scope: Scope | Promise<Scope>): Promise<Witnesses> {
  const listing = read(readers.units.list());
  const records = await read(readers.files.records());
  const socket = (records.known ? records.value[holderUnit]?.socket : undefined) ?? (await scope).socket;
  const [units, tmux] = await Promise.all([listing, read(readers.sessions.list(socket))]);
  return { units, tmux: records.known ? tmux : guessed(tmux, units, records.why), records };
}

/** Without the holder's record the socket is a guess. Where a holder runs and none of our sessions is found, it was a wrong one. */
function guessed(tmux: Known<ObservedTmux>, units: Witnesses['units'], why: string): Known<ObservedTmux> {
  const holds = units.known && units.value[holderUnit]?.active === 'active';
  if (!tmux.known || !holds || tmux.value.sessions.some(({ agent }) => agent !== '')) return tmux;
  return unknown(`the socket of the tmux holder is not known: ${why}`);
}

async function findPrograms(
  readers: HostReaders,
  facts: HostFacts,
  scope: Scope,
): Promise<Readonly<Record<string, string | null>>> {
  if (Object.keys(scope.programs).length === 0) return {};
  const environment = await readers.units.environment();
  const usual = agentSearchPath(facts, environment, null);
  const wanted: Record<string, { readonly command: string; readonly path: string }> = {};
  for (const [agent, { command, path }] of Object.entries(scope.programs))
    wanted[agent] = { command, path: path === null ? usual : agentSearchPath(facts, environment, path) };
  return readers.files.find(wanted);
}

async function read<T>(reading: Promise<T>): Promise<Known<T>> {
  try {
    return known(await reading);
  } catch (error) {
    return unknown(messageOf(error));
  }
}
