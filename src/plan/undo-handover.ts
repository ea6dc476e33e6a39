import { agentDropIn, agentUnit, environmentFile, type FileKey } from '../model/names.ts';
import type { Action, Handover, Verb } from '../model/plan.ts';

/**
 * Back from a handover whose entering orchestrator failed. It may half live, so it ends first: never two. Agents that were to go on
 * in another role get back the files that they `had`, and their old role with them.
 */
export function undoHandover({ fleet, leaving, entering, movers }: Handover, had: ReadonlySet<FileKey>): readonly Action[] {
  const step = (verb: Verb, name: string): Action => action(verb, 'agent', fleet, name, agentUnit(name), null);
  const files = movers.flatMap((name) => formerFiles(name).map((key) => restoring(key, had, fleet, name)));
  const ends = [step('disable', entering), step('stop', entering), ...(movers.includes(leaving) ? [step('stop', leaving)] : [])];
  const reload = files.length > 0 ? [action('reload', 'manager', fleet, null, null, null)] : [];
  const begins = [leaving, ...(movers.includes(entering) ? [entering] : [])].flatMap((name) => [
    step('reset-failed', name),
    step('enable', name),
    step('start', name),
  ]);
  return [...ends, ...files, ...reload, ...begins];
}

/** Files of an agent that are of its role. */
export const formerFiles = (name: string): readonly FileKey[] => [environmentFile(name), agentDropIn(name)];

const restoring = (key: FileKey, had: ReadonlySet<FileKey>, fleet: string, name: string): Action =>
  action(had.has(key) ? 'write' : 'remove', 'file', fleet, name, null, key);

function action(
  verb: Verb,
  kind: Action['kind'],
  fleet: string,
  name: string | null,
  unit: string | null,
  target: FileKey | null,
): Action {
  const id = `${verb} ${unit ?? target ?? 'unit-files'} (handover-failed)`;
  return { id, verb, kind, fleet, name, unit, target, reason: 'handover-failed', after: [], disruptive: false };
}
