import { store } from '../../agents/inbox/store.ts';
import type { InboxJournal } from '../../model/inbox.ts';
import { envelope } from './envelope.ts';
import type { HandOver } from './inbound.ts';

/** Hands over into the inbox of an agent. One that is there already, from before a crash, counts as taken. */
export const toInbox =
  (agent: string, journal: InboxJournal): HandOver =>
  async (message, via) => {
    const { receipt } = await store(journal, envelope(agent, message, via));
    return receipt.state === 'refused' && receipt.reason === 'inbox-full' ? 'full' : 'taken';
  };
