import type { HistoryEntry } from '../model/controller.ts';

/** Of an entry what concerns an agent or fleet, or nothing. */
export function concerning(entry: HistoryEntry, name: string): HistoryEntry[] {
  switch (entry.kind) {
    case 'pass': {
      const actions = entry.actions.filter((action) => action.name === name || action.fleet === name);
      const own = new Set(actions.map((action) => action.name));
      const seen = entry.seen.filter((one) => one.name === name || own.has(one.name));
      return actions.length === 0 && seen.length === 0 ? [] : [{ ...entry, actions, seen }];
    }
    case 'suspended':
    case 'resumed':
      return entry.target === name || entry.target.endsWith(` ${name}`) ? [entry] : [];
    case 'revision':
    case 'controller':
      return [];
  }
}
