import { connectorClock } from '../../src/cli/connector-clock.ts';
import { bridgeJournals, openBridge } from '../../src/connectors/bridge/bridge.ts';
import { toInbox } from '../../src/connectors/bridge/to-inbox.ts';
import { factoryOf } from '../../src/connectors/registry.ts';
import { connectorLogs } from '../../src/host/connector-logs.ts';
import { inboxJournal } from '../../src/host/inbox-journal.ts';

/** The bridge of a fleet whose connector is tmux, as a process of its own. */
async function serve([stateDir = '']: readonly string[]): Promise<void> {
  const clock = connectorClock({ date: () => new Date(), now: () => performance.now() });
  const log = connectorLogs(stateDir, 'coding', 'tmux');
  const connector = factoryOf('tmux')?.create({ fleet: 'coding', tenant: 'jason', settings: {}, secrets: {}, log, clock });
  if (connector === undefined) throw new Error('tmux is not served');
  await openBridge({
    fleet: 'coding',
    connector,
    operators: ['jason'],
    handOver: toInbox('orchestrator', inboxJournal(stateDir, 'orchestrator')),
    journals: bridgeJournals(connectorLogs(stateDir, 'coding')),
    secrets: [],
    clock,
  });
  process.send?.('open');
}

await serve(process.argv.slice(2));
