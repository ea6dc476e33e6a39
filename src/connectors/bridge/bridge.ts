import type { RemoteId } from '../../model/chat-messages.ts';
import type { ChatConnector, ConnectorClock, ConnectorSetting } from '../../model/connectors.ts';
import type { RecordLog } from '../../model/record-log.ts';
import { type BridgeHealth, bridgeHealth } from './health.ts';
import { type HandOver, openInbound } from './inbound.ts';
import { openOutbound } from './outbound.ts';
import type { Rate } from './pace.ts';
import {
  type InboundRecord,
  isInboundRecord,
  isOutboundRecord,
  isQueued,
  type OutboundRecord,
  type SayReceipt,
} from './records.ts';
import { redactor } from './redact.ts';

export interface BridgeDeps {
  readonly fleet: string;
  readonly connector: ChatConnector;
  /** Who may speak, by immutable ids. Empty: nobody. */
  readonly operators: readonly RemoteId[];
  readonly handOver: HandOver;
  readonly journals: BridgeJournals;
  /** Values that appear in no journal, no message and no health. */
  readonly secrets: readonly string[];
  readonly clock: ConnectorClock;
  readonly limits?: BridgeLimits;
  /** Told of each receipt once it is on the disk. */
  readonly onReceipt?: (receipt: SayReceipt) => void;
}

export interface BridgeJournals {
  readonly inbound: RecordLog<InboundRecord>;
  readonly outbound: RecordLog<OutboundRecord>;
}

/** Those of a fleet; also for whoever queues what is to be said, or looks for its receipt. */
export const bridgeJournals = (log: ConnectorSetting['log']): BridgeJournals => ({
  inbound: log('inbound', isInboundRecord),
  outbound: log('outbound', isOutboundRecord, isQueued),
});

export interface BridgeLimits {
  /** How fast messages of one sender are handed over; who is faster waits. */
  readonly rate: Rate;
  /** Messages of one sender that may wait; what is more is refused. */
  readonly backlog: number;
}

export const usualLimits: BridgeLimits = { rate: { burst: 500, perSecond: 100 }, backlog: 20_000 };

export interface Bridge {
  health(): BridgeHealth;
  /** Stops listening, then handing over and sending; what is begun is waited for. */
  close(): Promise<void>;
}

/**
 * Carries between a connector and an orchestrator, and loses nothing on the way: what comes in is in a journal before it is acknowledged, what goes
 * out before it is sent. One at a time for each fleet. Rejects where a journal cannot be read.
 */
export async function openBridge(deps: BridgeDeps): Promise<Bridge> {
  const { fleet, connector, journals, clock, limits = usualLimits, onReceipt } = deps;
  const redact = redactor(deps.secrets);
  const outbound = await openOutbound({ log: journals.outbound, connector, redact, clock, ...(onReceipt && { onReceipt }) });
  const inbound = await openInbound({
    log: journals.inbound,
    kind: connector.kind,
    policy: { operators: new Set(deps.operators), ...limits },
    handOver: deps.handOver,
    redact,
    isSaid: outbound.isSaid,
    clock,
  });
  const stopping = new AbortController();
  const startedAt = clock.date();
  const running = [inbound.run(stopping.signal), outbound.run(stopping.signal)];
  const subscription = connector.subscribe(inbound.cursor, inbound.receive);
  return {
    health: () =>
      bridgeHealth({
        fleet,
        connector,
        inbound: inbound.state(),
        outbound: outbound.state(),
        startedAt,
        now: clock.date(),
        redact,
      }),
    close: async () => {
      await subscription.close();
      stopping.abort();
      // What could not be written at the last moment is done again after the next start.
      await Promise.allSettled(running);
    },
  };
}
