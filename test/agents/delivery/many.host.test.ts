import { fork } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { drain } from '../../../src/agents/delivery/drain.ts';
import { send } from '../../../src/agents/delivery/send.ts';
import { entriesOf } from '../../../src/agents/inbox/entries.ts';
import type { Receipt } from '../../../src/model/agents.ts';
import { bundled } from '../bundled.ts';
import { message, Stage } from './stage.ts';

/** `SENDERS x AGENTS x MESSAGES`; `20x10x10000` takes its time. */
const [senders = 0, agents = 0, messages = 0] = (process.env.MUSTER_TEST_MESSAGES ?? '6x4x400').split('x').map(Number);
const names = Array.from({ length: agents }, (_, index) => `coder${index}`);

let stage: Stage;
let programs = { sender: '', mortal: '' };

beforeAll(async () => {
  programs = {
    sender: await bundled(new URL('sender.ts', import.meta.url)),
    mortal: await bundled(new URL('mortal.ts', import.meta.url)),
  };
});
beforeEach(async () => {
  stage = await Stage.open();
});
afterEach(() => stage.close());

const entries = async (agent: string) => entriesOf(await stage.world().journal(agent).read());

/** How often a message was submitted to the agent. */
const timesHeard = (agent: string): ReadonlyMap<string, number> => {
  const times = new Map<string, number>();
  for (const text of stage.submitted(agent)) {
    for (const [, id = ''] of text.matchAll(/^\[from \S+, id (\S+)\]$/gm)) times.set(id, (times.get(id) ?? 0) + 1);
  }
  return times;
};

test(
  `${messages} messages of ${senders} senders to ${agents} agents that restart: each has one true receipt, none is doubled, none is lost`,
  async () => {
    for (const agent of names) await stage.cast(agent, { queues: true, turn: 5 });
    const each = Math.ceil(messages / senders / agents);
    const children = Array.from({ length: senders }, (_, index) =>
      // Every other one leaves what cannot be delivered at once to the rest.
      fork(programs.sender, [stage.directory, `s${index}`, names.join(','), String(each), index % 2 === 0 ? '20000' : ''], {
        execArgv: [],
      }),
    );
    const told: Receipt[] = [];
    for (const child of children) child.on('message', (said) => void (typeof said === 'object' && told.push(said as Receipt)));
    const ended = Promise.all(children.map((child) => once(child, 'exit')));
    let over = false;
    void ended.then(() => {
      over = true;
    });
    let restarts = 0;
    while (!over) {
      await new Promise((done) => setTimeout(done, 400));
      const agent = names[restarts % agents] ?? '';
      restarts += 1;
      if (restarts % 2 === 0)
        stage.setRun(agent, { phase: 'starting', invocation: '', socket: stage.socket, detail: 'restarting' });
      await stage.cast(agent, { queues: true, turn: 5 });
    }
    expect((await ended).map(([status]) => status)).toEqual(children.map(() => 0));
    for (const agent of names) {
      await stage.up(agent);
      expect(await drain(agent, stage.world(), { patience: 5000 })).toMatchObject({ obstacle: null, elsewhere: false });
      await stage.until(async () => / · idle$/.test((await stage.screen(agent)).trim()), `${agent} to be done`);
    }
    const tally: Record<string, number> = {};
    for (const agent of names) {
      const kept = await entries(agent);
      const heard = timesHeard(agent);
      expect([...kept.keys()].sort()).toEqual(
        children.flatMap((_, sender) => Array.from({ length: each }, (__, index) => `s${sender}-${index}`)).sort(),
      );
      for (const { id, phase, receipt } of kept.values()) {
        const times = heard.get(id) ?? 0;
        tally[receipt.state] = (tally[receipt.state] ?? 0) + 1;
        const allowed = {
          'turn-started': [1],
          submitted: [1],
          queued: [0, 1],
          unknown: [0, 1],
          refused: [0],
          typed: [0],
          expired: [0],
        };
        expect({ agent, id, phase, receipt, times }).toSatisfy(
          () => ['settled', 'dead'].includes(phase) && allowed[receipt.state].includes(times),
        );
      }
    }
    // A receipt that a sender was given is not taken back: only what was stored, or left in a composer, goes on.
    for (const { agent, id, state, evidence } of told) {
      if (state === 'typed' || evidence[0] === 'stored') continue;
      expect((await entries(agent)).get(id)?.receipt).toMatchObject({ id, state });
    }
    expect(told).toHaveLength(senders * agents * each);
    expect(tally['turn-started'] ?? 0).toBeGreaterThan((messages * 2) / 3);
    expect(restarts).toBeGreaterThan(1);
  },
  60_000 + messages * 600,
);

describe('a sender that is killed', () => {
  test.each([
    ['before the paste', 0],
    ['after the paste', 0],
    ['after Enter', 1],
  ])('%s leaves a message of which nobody knows, and that is not typed again', async (moment, times) => {
    await stage.cast('coder0');
    await stage.up('coder0');
    const child = fork(programs.mortal, [stage.directory, moment, 'm1'], { execArgv: [] });
    expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);
    const { receipts, obstacle } = await drain('coder0', stage.world());
    expect(receipts).toMatchObject([{ id: 'm1', state: 'unknown', reason: 'interrupted' }]);
    expect(obstacle).toBeNull();
    expect(
      (await send(message('text of m1', { id: 'm1', sender: 'mortal' }), stage.world(), { verify: 500 })).receipt.state,
    ).toBe('unknown');
    await stage.until(async () => stage.submitted('coder0').length === times, 'it to be heard as often as it was typed');
    expect((await entries('coder0')).get('m1')).toMatchObject({ phase: 'dead', message: { text: 'text of m1' } });
    expect(await stage.tmux('list-buffers')).toBe('');
  });
});

test('several deliverers at once type each message once, in order', async () => {
  await stage.cast('coder0', { queues: true, turn: 1 });
  await stage.up('coder0');
  const world = stage.world();
  const ids = Array.from({ length: 12 }, (_, index) => `m${index}`);
  await world
    .journal('coder0')
    .append(ids.map((id) => ({ format_version: '1.0', kind: 'message', message: message('x', { id, sender: 'peer' }) })));
  const others = await Promise.all([Stage.open(), Stage.open()]);
  const worlds = [world, ...others.map((other) => ({ ...world, lock: other.world().lock }))];
  const drained = await Promise.all(worlds.map((each) => drain('coder0', each)));
  await Promise.all(others.map((other) => other.close()));
  expect(drained.flatMap(({ receipts }) => receipts.map(({ id }) => id))).toEqual(ids);
  await stage.until(async () => stage.submitted('coder0').length === ids.length, 'all to be heard');
  expect([...timesHeard('coder0')]).toEqual(ids.map((id) => [id, 1]));
});
