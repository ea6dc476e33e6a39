import { appendFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectorClock } from '../../../src/cli/connector-clock.ts';
import { bridgeJournals, openBridge } from '../../../src/connectors/bridge/bridge.ts';
import { factoryOf } from '../../../src/connectors/registry.ts';
import { connectorLogs } from '../../../src/host/connector-logs.ts';

/** What the bridge is told at its start, as JSON. */
export interface BridgeOrder {
  readonly stateDir: string;
  readonly url: string;
  readonly user: string;
  readonly operator: string;
  readonly room: string;
}

/** What it tells, with the time at which it was so: milliseconds since 1970. */
export type BridgeNews =
  | { readonly kind: 'open'; readonly at: number }
  | { readonly kind: 'handed'; readonly text: string; readonly at: number }
  | { readonly kind: 'said'; readonly id: string; readonly at: number };

/** The bridge of a fleet whose connector is Matrix, as a process of its own. Its token is in the environment; its inbox is a file. */
async function serve(order: BridgeOrder, token: string): Promise<void> {
  const { stateDir, url, user, operator, room } = order;
  const clock = connectorClock({ date: () => new Date(), now: () => performance.now() });
  const connector = factoryOf('matrix')?.create({
    fleet: 'coding',
    tenant: 'jason',
    settings: { homeserver_url: url, user_id: user, room_id: room },
    secrets: { MATRIX_ACCESS_TOKEN: token },
    operators: [operator],
    log: connectorLogs(stateDir, 'coding', 'matrix'),
    clock,
  });
  if (connector === undefined) throw new Error('matrix is not served');
  const bridge = await openBridge({
    fleet: 'coding',
    connector,
    operators: [operator],
    handOver: async ({ id, text }) => {
      appendFileSync(path.join(stateDir, 'inbox.jsonl'), `${JSON.stringify({ id, text })}\n`);
      tell({ kind: 'handed', text, at: Date.now() });
      return 'taken';
    },
    journals: bridgeJournals(connectorLogs(stateDir, 'coding')),
    secrets: [token],
    clock,
    onReceipt: ({ id }) => tell({ kind: 'said', id, at: Date.now() }),
  });
  while (bridge.health().inbound.cursorAt === null || bridge.health().connector.phase !== 'live') await sleep(10);
  tell({ kind: 'open', at: Date.now() });
}

const tell = (news: BridgeNews): void => {
  process.send?.(news);
};

// Nobody is left to talk to.
process.once('disconnect', () => process.exit());
const [order = '{}'] = process.argv.slice(2);
await serve(JSON.parse(order) as BridgeOrder, process.env.MATRIX_ACCESS_TOKEN ?? '');
