import { store } from '../../../src/agents/inbox/store.ts';
import { inboxJournal } from '../../../src/host/inbox-journal.ts';

/** A process of its own that stores as many messages as it is told, some of them long. */
async function write([stateDir = '', agent = '', name = '', count = '']: readonly string[]): Promise<void> {
  const journal = inboxJournal(stateDir, agent);
  for (let index = 0; index < Number(count); index += 1) {
    await store(journal, {
      format_version: '1.0',
      id: `${name}${index}`,
      agent,
      sender: name,
      text: name.repeat(index % 7 === 0 ? 60_000 : 20),
      attachments: [],
      at: new Date().toISOString(),
      expires: null,
    });
  }
}

await write(process.argv.slice(2));
