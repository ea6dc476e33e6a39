import type { Snowflake } from './snowflake.ts';

/** Our own messages as the gateway tells of them: by their nonce. */
export interface Echoes {
  heard(nonce: string, id: Snowflake): void;
  of(nonce: string): Snowflake | null;
  /** Whether a message is known to be of another nonce. */
  isOther(id: Snowflake, nonce: string): boolean;
}

const most = 5000;

export function openEchoes(): Echoes {
  const byNonce = new Map<string, Snowflake>();
  const byId = new Map<Snowflake, string>();
  return {
    heard: (nonce, id) => {
      byNonce.set(nonce, id);
      byId.set(id, nonce);
      const [oldest] = byNonce;
      if (byNonce.size <= most || oldest === undefined) return;
      byNonce.delete(oldest[0]);
      byId.delete(oldest[1]);
    },
    of: (nonce) => byNonce.get(nonce) ?? null,
    isOther: (id, nonce) => (byId.get(id) ?? nonce) !== nonce,
  };
}
