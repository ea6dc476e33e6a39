import { type ConnectorHealth, type Missing, notHeardYet } from '../../model/connectors.ts';

/** What the connector knows of itself; its parts note what they find. */
export interface State {
  note(change: Partial<Omit<ConnectorHealth, 'missing'>>): void;
  /** What is missing, by who has found it: the next word of the same one replaces it. */
  lack(by: Finder, missing: readonly Missing[]): void;
  health(): ConnectorHealth;
}

export type Finder = 'token' | 'scene' | 'gateway' | 'content' | 'send';

export function openState(): State {
  const missing = new Map<Finder, readonly Missing[]>();
  let health: Omit<ConnectorHealth, 'missing'> = notHeardYet('Discord has not answered yet');
  return {
    note: (change) => {
      health = { ...health, ...change };
    },
    lack: (by, found) => {
      missing.set(by, found);
    },
    health: () => {
      const all = new Map([...missing.values()].flat().map((each) => [each.what, each]));
      return { ...health, missing: [...all.values()] };
    },
  };
}
