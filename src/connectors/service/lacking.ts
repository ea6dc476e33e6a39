import type { ConnectorReport } from '../../model/connector-spec.ts';
import type { Missing } from '../../model/connectors.ts';
import type { BridgeJournals } from '../bridge/bridge.ts';
import { inboundBook } from '../bridge/inbound-book.ts';
import { outboundBook } from '../bridge/outbound-book.ts';

/** What is told of a connector that is not opened, as it lacks what only a person can give. What is to be said waits in its journal. */
export async function lackingReport(journals: BridgeJournals, missing: readonly Missing[], at: string): Promise<ConnectorReport> {
  const [inbound, outbound] = await Promise.all([journals.inbound.read(), journals.outbound.read()]);
  return {
    at,
    healthy: false,
    problems: missing.map(({ detail, remedy }) => ({ reason: 'missing', blocking: true, detail, remedy })),
    connector: { phase: 'stopped', lastContact: null, lastInbound: null },
    inbound: { waiting: inboundBook(inbound.records).waiting.size },
    outbound: { waiting: outboundBook(outbound.records, 'thread').rows.size },
  };
}
