import type { ConnectorTraits } from '../../model/connectors.ts';

export const traits: ConnectorTraits = {
  /** Of markdown in one event: what is put around it, and a second copy as HTML, has to fit in as well. */
  limit: { unit: 'bytes', most: 16 * 1024 },
  /** Homeservers remember a transaction for a day. */
  transactionMs: 20 * 60 * 60_000,
  order: 'conversation',
  /** The homeserver answers at least every thirty seconds. */
  deafAfterMs: 120_000,
};
