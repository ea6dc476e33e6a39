import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Courier, type CourierDeps, usualPauses } from '../../../src/agents/delivery/courier.ts';
import { send } from '../../../src/agents/delivery/send.ts';
import type { DeliveryWorld } from '../../../src/agents/delivery/world.ts';
import { entriesOf } from '../../../src/agents/inbox/entries.ts';
import { inboxIndex } from '../../../src/host/inbox-index.ts';
import { watchInboxes } from '../../../src/host/watch-inboxes.ts';
import type { Message, Receipt } from '../../../src/model/agents.ts';
import { PortError } from '../../../src/model/ports.ts';
import { type Bus, connectBus } from '../../../src/systemd/bus.ts';
import { bundled } from '../bundled.ts';
import { message, Stage, worldOf } from './stage.ts';

const pauses = { ...usualPauses, grace: 20, first: 20, longest: 100, resting: 60_000 };

let stage: Stage;
let mortal = '';
const ends: (() => Promise<void>)[] = [];

beforeAll(async () => {
  mortal = await bundled(new URL('mortal.ts', import.meta.url));
});
beforeEach(async () => {
  stage = await Stage.open();
});
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
  await stage.close();
});

interface Running {
  readonly courier: Courier;
  readonly told: Receipt[];
  readonly failures: string[];
  /** Connections that are open. */
  readonly open: () => number;
  readonly journalsRead: () => number;
  end(): Promise<void>;
}

/** A courier with a connection of its own, as the controller has one; the senders of a test have another. */
async function courier(
  over: Partial<CourierDeps> = {},
  change = (world: DeliveryWorld): DeliveryWorld => world,
): Promise<Running> {
  const told: Receipt[] = [];
  const failures: string[] = [];
  let open = 0;
  let read = 0;
  const counting = (world: DeliveryWorld): DeliveryWorld => ({
    ...world,
    journal: (agent) => {
      const journal = world.journal(agent);
      return {
        ...journal,
        read: () => {
          read += 1;
          return journal.read();
        },
      };
    },
  });
  const running = new Courier({
    connect: () => {
      open += 1;
      let bus: Promise<Bus> | null = null;
      const connected = (): Promise<Bus> => {
        bus ??= connectBus(join(process.env.XDG_RUNTIME_DIR ?? '', 'bus'));
        return bus;
      };
      return {
        world: change(counting(worldOf(stage.directory, connected))),
        close: async () => {
          open -= 1;
          await (await bus)?.close();
        },
      };
    },
    inboxes: inboxIndex(stage.stateDir),
    isSuspended: async () => false,
    onReceipt: (receipt) => told.push(receipt),
    onFailure: (agent, why) => failures.push(`${agent}: ${why}`),
    pauses,
    ...over,
  });
  const signal = new AbortController();
  const run = running.run(signal.signal);
  const unwatch = await watchInboxes(stage.stateDir, (agent) => running.wrote(agent));
  const end = async (): Promise<void> => {
    signal.abort();
    unwatch();
    await run;
  };
  ends.push(end);
  return { courier: running, told, failures, open: () => open, journalsRead: () => read, end };
}

async function store(...messages: readonly Message[]): Promise<void> {
  for (const one of messages)
    await stage
      .world()
      .journal(one.agent)
      .append([{ format_version: '1.0', kind: 'message', message: one }]);
}

const entryOf = async (id: string, agent = 'coder0') => entriesOf(await stage.world().journal(agent).read()).get(id);
const settled = (id: string, phase = 'settled') =>
  stage.until(async () => (await entryOf(id))?.phase === phase, `${id} to be ${phase}`);

describe('a courier', () => {
  test('delivers what waited before it came and what comes later, in order, and then rests', async () => {
    await stage.cast('coder0', { queues: true, turn: 1 });
    await stage.up('coder0');
    await store(...['m1', 'm2', 'm3'].map((id) => message(`text of ${id}`, { id })));
    const { told, open, journalsRead, end } = await courier();
    await settled('m3');
    await store(message('text of m4', { id: 'm4' }));
    await settled('m4');
    expect(told.map(({ id }) => id)).toEqual(['m1', 'm2', 'm3', 'm4']);
    await stage.until(async () => open() === 0, 'the connection to be closed');
    await end();
    expect(stage.submitted('coder0')).toEqual(['m1', 'm2', 'm3', 'm4'].map((id) => `text of ${id}`));
    const read = journalsRead();
    await store(message('text of m5', { id: 'm5' }));
    expect(journalsRead()).toBe(read);
  });

  test('waits for an agent that is down, and delivers when it has come back, without another agent having to wait', async () => {
    const { told, courier: running } = await courier();
    await store(message('for one that is down', { id: 'm1' }));
    await stage.cast('coder1', { turn: 1 });
    await stage.up('coder1');
    await store(message('for one that is up', { id: 'm2', agent: 'coder1' }));
    await stage.until(async () => (await entryOf('m2', 'coder1'))?.phase === 'settled', 'm2 to be delivered');
    expect(await entryOf('m1')).toMatchObject({ phase: 'waiting' });
    await stage.cast('coder0', { turn: 1 });
    await stage.up('coder0');
    running.changed();
    await settled('m1');
    expect(told.map(({ id }) => id)).toEqual(['m2', 'm1']);
  });

  test('is not in the way of a sender that waits for its receipt, nor the sender in its', async () => {
    await stage.cast('coder0', { queues: false, busy: 700, turn: 1 });
    await stage.up('coder0');
    await courier({ pauses: { ...pauses, grace: 0 } });
    const untold = message('from the courier', { id: 'm0' });
    await store(untold);
    const sent = await Promise.all(
      ['m1', 'm2', 'm3'].map((id) => send(message(`text of ${id}`, { id }), stage.world(), { verify: 15_000 })),
    );
    expect(sent.map(({ receipt }) => receipt)).toMatchObject(
      ['m1', 'm2', 'm3'].map((id) => ({ id, state: 'turn-started', evidence: ['transcript-turn'] })),
    );
    await settled('m0');
    expect(stage.submitted('coder0').sort()).toEqual(['from the courier', 'text of m1', 'text of m2', 'text of m3']);
  });

  test('leaves a message to its sender that gives it up', async () => {
    await stage.cast('coder0', { dialog: true });
    await stage.until(async () => (await stage.screen('coder0')).includes('?'), 'the dialog');
    await courier({ pauses: { ...pauses, grace: 0, longest: 40 } });
    const { receipt } = await send(message('yes', { id: 'm1' }), stage.world(), { verify: 600 });
    expect(receipt).toMatchObject({ state: 'refused', reason: 'dialog' });
    expect(await entryOf('m1')).toMatchObject({ phase: 'dead' });
    expect(stage.submitted('coder0')).toEqual([]);
  });

  test('says of a message whose sender was killed that nobody knows, and types the next one', async () => {
    await stage.cast('coder0', { turn: 1 });
    await stage.up('coder0');
    const { told } = await courier();
    const child = fork(mortal, [stage.directory, 'before the paste', 'm1'], { execArgv: [] });
    expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);
    await settled('m1', 'dead');
    await store(message('the next one', { id: 'm2' }));
    await settled('m2');
    expect(told).toMatchObject([
      { id: 'm1', state: 'unknown', reason: 'interrupted' },
      { id: 'm2', state: 'turn-started' },
    ]);
    expect(stage.submitted('coder0')).toEqual(['the next one']);
  });

  test('types nothing to who is suspended, and says all the same what has expired', async () => {
    await stage.cast('coder0', { turn: 1 });
    await stage.up('coder0');
    let suspended = true;
    const { courier: running } = await courier({ isSuspended: async () => suspended });
    await store(message('late', { id: 'm1', expires: new Date(0).toISOString() }), message('in time', { id: 'm2' }));
    await settled('m1', 'dead');
    expect(await entryOf('m1')).toMatchObject({ receipt: { state: 'expired' } });
    expect(await entryOf('m2')).toMatchObject({ phase: 'waiting' });
    suspended = false;
    running.changed();
    await settled('m2');
    expect(stage.submitted('coder0')).toEqual(['in time']);
  });

  test('connects anew after a failure', async () => {
    await stage.cast('coder0', { turn: 1 });
    await stage.up('coder0');
    let failing = 2;
    const flaky = (world: DeliveryWorld): DeliveryWorld => ({
      ...world,
      runs: {
        find: async (agent) => {
          failing -= 1;
          if (failing >= 0) throw new PortError('unavailable', 'the bus is gone');
          return world.runs.find(agent);
        },
      },
    });
    const { failures, open } = await courier({}, flaky);
    await store(message('through at last', { id: 'm1' }));
    await settled('m1');
    expect(failures).toEqual(['coder0: the bus is gone', 'coder0: the bus is gone']);
    await stage.until(async () => open() === 0, 'the connections to be closed');
  });
});
