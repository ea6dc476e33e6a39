import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { entriesOf } from '../../src/agents/inbox/entries.ts';
import { bridgeJournals } from '../../src/connectors/bridge/bridge.ts';
import { outboundMessage, queue, receiptOf } from '../../src/connectors/bridge/say.ts';
import { chatLog } from '../../src/connectors/tmux/tmux.ts';
import { connectorLogs } from '../../src/host/connector-logs.ts';
import { inboxJournal } from '../../src/host/inbox-journal.ts';
import { bundled } from '../agents/bundled.ts';
import { seeded } from '../fakes/random.ts';

const stateDir = mkdtempSync(join(tmpdir(), 'killed-'));
let bridge: ChildProcess | null = null;
afterEach(() => {
  bridge?.kill('SIGKILL');
  rmSync(stateDir, { recursive: true });
});

test('a bridge that is killed thirty times while both sides talk loses nothing and says nothing twice', {
  timeout: 120_000,
}, async () => {
  const program = await bundled(new URL('bridge-process.ts', import.meta.url));
  const random = seeded(7);
  const journal = inboxJournal(stateDir, 'orchestrator');
  const chat = chatLog({ log: connectorLogs(stateDir, 'coding', 'tmux') });
  const { outbound } = bridgeJournals(connectorLogs(stateDir, 'coding'));
  let count = 0;
  const talk = async (): Promise<void> => {
    const text = String(count);
    const at = new Date().toISOString();
    await chat.append([
      {
        format_version: '1.0',
        kind: 'said',
        id: `s${count}`,
        threadId: null,
        replyToId: null,
        sender: 'jason',
        text,
        attachments: [],
        at,
      },
    ]);
    await queue(outbound, outboundMessage({ id: `a${count}`, text, sender: 'orchestrator', at }));
    count += 1;
  };
  const start = async (): Promise<void> => {
    bridge = fork(program, [stateDir], { execArgv: [] });
    await once(bridge, 'message');
  };
  for (let kills = 0; kills < 30; kills += 1) {
    await start();
    for (let words = random.below(15); words > 0; words -= 1) await talk();
    await sleep(random.below(8));
    bridge?.kill('SIGKILL');
    if (bridge !== null) await once(bridge, 'exit');
    await talk();
  }
  await start();
  const isDone = async (): Promise<boolean> =>
    entriesOf(await journal.read()).size >= count && (await receiptOf(outbound, `a${count - 1}`)) !== null;
  while (!(await isDone())) await sleep(10);
  const expected = Array.from({ length: count }, (_, index) => String(index));
  const heard = [...entriesOf(await journal.read()).values()].map(({ message }) => message?.text.split('\n').at(-1));
  expect(heard).toEqual(expected);
  expect((await chat.read()).records.filter(({ kind }) => kind === 'answered').map(({ text }) => text)).toEqual(expected);
});
