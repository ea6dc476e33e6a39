import type { ChatEntry } from '../chat/conversation.ts';
import { type BridgeJournals, bridgeJournals } from '../connectors/bridge/bridge.ts';
import { inboundBook } from '../connectors/bridge/inbound-book.ts';
import type { ChatRecord } from '../connectors/tmux/records.ts';
import { chatLog } from '../connectors/tmux/tmux.ts';
import { connectorLogs } from '../host/connector-logs.ts';
import { connectorRecords } from '../host/connector-records.ts';
import { hostRoots } from '../host/facts.ts';
import { healthStaleMs } from '../model/connector-spec.ts';
import type { HostFacts } from '../model/observation.ts';
import type { RecordLog } from '../model/record-log.ts';
import type { Context } from './context.ts';

/** The chat of a fleet whose connector is tmux, as the person sees it who runs this process. */
export interface Room {
  readonly fleet: string;
  readonly sender: string;
  readonly log: RecordLog<ChatRecord>;
  readonly inbound: BridgeJournals['inbound'];
  readonly state: () => Promise<{ readonly well: boolean; readonly text: string }>;
}

export function roomOf(fleet: string, facts: HostFacts, { env, date }: Context): Room {
  const records = connectorRecords(fleet, hostRoots(facts, env));
  return {
    fleet,
    sender: facts.tenant,
    log: chatLog({ log: connectorLogs(facts.stateDir, fleet, 'tmux') }),
    inbound: bridgeJournals(connectorLogs(facts.stateDir, fleet)).inbound,
    state: async () => {
      const told = await records.told().catch(() => null);
      if (told === null || date().getTime() - Date.parse(told.at) > healthStaleMs)
        return { well: false, text: 'its connector does not run' };
      const problem = told.report.problems.find(({ blocking }) => blocking);
      return problem === undefined ? { well: true, text: 'connected' } : { well: false, text: problem.reason };
    },
  };
}

/** What was said, oldest first. Rejects where it cannot be read. */
export async function entriesOf({ log, inbound }: Room): Promise<readonly ChatEntry[]> {
  const [{ records }, journal] = await Promise.all([log.read(), inbound.read().catch(() => ({ records: [] }))]);
  const { known } = inboundBook(journal.records);
  const seen = new Set<string>();
  return records.flatMap((record): ChatEntry[] => {
    if (seen.has(record.id)) return [];
    seen.add(record.id);
    const { id, sender, text, attachments, threadId, at } = record;
    const title = record.title ?? null;
    const common = { id, sender, text, attachments, threadId, title, at };
    if (record.kind === 'answered') return [{ ...common, by: 'fleet', state: null }];
    return [{ ...common, by: 'person', state: known.get(id) == null ? 'waiting' : 'handed' }];
  });
}
