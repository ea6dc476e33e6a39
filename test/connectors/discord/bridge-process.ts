import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { bridgeJournals, openBridge } from '../../../src/connectors/bridge/bridge.ts';
import { discordFactory } from '../../../src/connectors/discord/discord.ts';
import { connectorLogs } from '../../../src/host/connector-logs.ts';
import { fastClock } from './fast-clock.ts';

export interface BridgeArguments {
  readonly stateDir: string;
  /** Lines of id and text, each as it is handed over: whoever reads it knows the same id again. */
  readonly inbox: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly token: string;
  readonly operator: string;
  readonly began: number;
  readonly factor: number;
}

/** The bridge of a fleet whose connector is Discord, as a process of its own. */
async function serve([given = '']: readonly string[]): Promise<void> {
  const { stateDir, inbox, settings, token, operator, began, factor } = JSON.parse(given) as BridgeArguments;
  const clock = fastClock(began, factor);
  const log = connectorLogs(stateDir, 'coding', 'discord');
  const secrets = { DISCORD_BOT_TOKEN: token };
  const bridge = await openBridge({
    fleet: 'coding',
    connector: discordFactory.create({ fleet: 'coding', tenant: 'jason', settings, secrets, log, clock }),
    operators: [operator],
    handOver: async ({ id, text }) => {
      appendFileSync(inbox, `${id} ${text}\n`);
      process.send?.({ handed: text });
      return 'taken';
    },
    journals: bridgeJournals(connectorLogs(stateDir, 'coding')),
    secrets: [token],
    clock,
    limits: { rate: { burst: 10_000, perSecond: 10_000 }, backlog: 100_000 },
  });
  while (bridge.health().connector.phase !== 'live') await sleep(5);
  process.send?.('live');
}

// Whoever started it is gone.
process.on('disconnect', () => process.exit());
await serve(process.argv.slice(2));
