import { historyReader } from '../host/history.ts';
import { stateReader } from '../host/state.ts';
import type { HistoryEntry } from '../model/controller.ts';
import { concerning } from '../views/concerning.ts';
import { renderHistory } from '../views/history.ts';
import { renderJson } from '../views/json.ts';
import { type Context, type ExitStatus, exitStatus } from './context.ts';
import { formatOf, type OutputFlags } from './flags.ts';
import { factsOf } from './host.ts';
import { columnsOf, show, styleOf } from './output.ts';
import { unknownName } from './target.ts';
import { durationOf, wrong } from './time.ts';

export interface HistoryFlags extends OutputFlags {
  readonly limit: string;
  readonly since?: string;
}

/** What was done here and why, newest last. With a name only what concerns that agent or fleet. */
export async function history(name: string | undefined, flags: HistoryFlags, context: Context): Promise<ExitStatus> {
  const { stateDir } = factsOf({}, context);
  const limit = limitOf(flags.limit);
  const from = flags.since === undefined ? null : context.date().getTime() - durationOf(flags.since, '--since');
  const sifted = name !== undefined || from !== null;
  const read = await historyReader(stateDir).last(sifted ? Number.MAX_SAFE_INTEGER : limit);
  const entries = read
    .filter(({ at }) => from === null || Date.parse(at) >= from)
    .flatMap((entry) => (name === undefined ? [entry] : concerning(entry, name)))
    .slice(-limit);
  if (name !== undefined && entries.length === 0) await refuseUnknown(name, read, stateDir);
  if (formatOf(flags) === 'json') show(renderJson({ format_version: '1.0', entries }), context);
  else show(renderHistory(entries, columnsOf(context), styleOf(flags, context.stdout, context)), context);
  return exitStatus.done;
}

const most = 1_000_000;

function limitOf(text: string): number {
  const limit = /^\d+$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= most) return limit;
  throw wrong('--limit', text, 'is no number of entries', `From 1 to ${most}.`);
}

/** Nothing to tell of a name that is known is no mistake. */
async function refuseUnknown(name: string, read: readonly HistoryEntry[], stateDir: string): Promise<void> {
  const admitted = await stateReader(stateDir)
    .admitted()
    .catch(() => null);
  const names = [...Object.entries(admitted?.fleets ?? {}).flatMap(([fleet, agents]) => [fleet, ...agents]), ...namesIn(read)];
  if (!names.includes(name)) throw unknownName(name, 'agent or fleet', [...new Set(names)]);
}

const namesIn = (entries: readonly HistoryEntry[]): string[] =>
  entries.flatMap((entry) =>
    entry.kind === 'pass' ? entry.actions.flatMap(({ name, fleet }) => [name, fleet].filter((one) => one !== null)) : [],
  );
