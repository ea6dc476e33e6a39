import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { DeliveryAdapter } from '../../../src/agents/delivery/adapter-port.ts';
import { drain } from '../../../src/agents/delivery/drain.ts';
import { send } from '../../../src/agents/delivery/send.ts';
import { adapterFor } from '../../../src/agents/state/delivery-adapter.ts';
import { PortError } from '../../../src/model/ports.ts';
import { message, Stage } from './stage.ts';

const agent = 'coder0';
let stage: Stage;

beforeEach(async () => {
  stage = await Stage.open();
});
afterEach(() => stage.close());

interface Row {
  readonly story: string;
  readonly part?: object;
  readonly adapter?: Partial<DeliveryAdapter>;
  readonly text?: string;
  readonly verify?: number;
  /** Do not wait until it is up. */
  readonly early?: true;
  readonly state: string;
  readonly reason?: string | null;
  readonly evidence?: readonly string[];
  /** What it has heard in the end, however long that takes. */
  readonly heard: readonly (readonly [event: string, text: string])[];
}

const hello = 'Please look at issue 12.';
const long = Array.from({ length: 40 }, (_, line) => `line ${line} of a long message`).join('\n');
const took = [['submitted', hello]] as const;
const turn = { state: 'turn-started', evidence: ['transcript-turn'] } as const;
const untraced = { traces: () => null };

const rows: readonly Row[] = [
  { story: 'takes a message', ...turn, heard: took },
  {
    story: 'takes several lines as one message',
    text: 'one\ntwo\n\n  three',
    ...turn,
    heard: [['submitted', 'one\ntwo\n\n  three']],
  },
  { story: 'takes 64 KiB', text: 'x1 '.repeat(22_000).trim(), ...turn, heard: [['submitted', 'x1 '.repeat(22_000).trim()]] },
  { story: 'swallows Enter once', part: { swallow: 1 }, ...turn, heard: took },
  { story: 'swallows Enter twice', part: { swallow: 2 }, ...turn, heard: took },
  { story: 'takes Enter for a part of the paste', part: { enterIntoPaste: 200 }, ...turn, heard: took },
  { story: 'comes up slowly', part: { mount: 600 }, early: true, ...turn, heard: took },
  { story: 'shows a long paste by a label', part: { collapse: 5 }, text: long, ...turn, heard: [['submitted', long]] },
  { story: 'shows the end of a long text only', text: long, ...turn, heard: [['submitted', long]] },
  { story: 'proposes something in dim text', part: { suggestion: 'try "fix the tests"' }, ...turn, heard: took },
  { story: 'draws its screen all the time', part: { spinner: 10 }, ...turn, heard: took },
  { story: 'writes its transcript late', part: { transcript: 400 }, ...turn, heard: took },
  {
    story: 'writes no transcript where one is looked for',
    part: { transcript: null },
    state: 'submitted',
    evidence: ['composer-empty'],
    heard: took,
  },
  {
    story: 'writes nothing at all',
    part: { transcript: null },
    adapter: untraced,
    state: 'submitted',
    evidence: ['composer-empty', 'scrollback'],
    heard: took,
  },
  {
    story: 'writes nothing, and says by heartbeats what it does',
    part: { transcript: null, beats: true, turn: 5000 },
    adapter: untraced,
    state: 'turn-started',
    evidence: ['heartbeat', 'composer-empty', 'scrollback'],
    heard: took,
  },
  {
    story: 'has heartbeats of another process',
    part: { transcript: null, beats: 'stale', turn: 5000 },
    adapter: untraced,
    state: 'submitted',
    evidence: ['composer-empty', 'scrollback'],
    heard: took,
  },
  {
    story: 'shows nothing that is known during a turn, and says by heartbeats what it does',
    part: { transcript: null, beats: true, turn: 5000 },
    adapter: {
      ...untraced,
      readScreen: (screen) => {
        const { composer, state } = adapterFor('stub').readScreen(screen);
        return state === 'idle' && composer?.text === ''
          ? { state, composer, detail: '' }
          : { state: 'unknown', composer: null, detail: '' };
      },
    },
    state: 'turn-started',
    evidence: ['heartbeat'],
    heard: took,
  },
  { story: 'submits a paste by itself', part: { alone: true }, ...turn, heard: took },
  {
    story: 'has a composer that is known only while it is empty',
    part: { transcript: null },
    adapter: {
      ...untraced,
      readScreen: (screen) => {
        const { composer } = adapterFor('stub').readScreen(screen);
        return composer?.text === '' ? { state: 'idle', composer, detail: '' } : { state: 'unknown', composer: null, detail: '' };
      },
    },
    state: 'submitted',
    evidence: ['composer-empty', 'scrollback'],
    heard: took,
  },
  {
    story: 'wants another key during a turn',
    part: { busy: 1500, queues: true },
    adapter: { submit: 'x', submitWhileBusy: '\r', ending: ' ' },
    state: 'queued',
    evidence: ['runtime-queue', 'composer-empty'],
    heard: took,
  },
  {
    story: 'is busy, and keeps messages',
    part: { busy: 1500, queues: true },
    state: 'queued',
    evidence: ['runtime-queue', 'composer-empty'],
    heard: took,
  },
  {
    story: 'is busy, and would break off its turn',
    part: { busy: 60_000 },
    adapter: { queuesWhileBusy: false },
    verify: 400,
    state: 'queued',
    reason: 'busy',
    evidence: ['stored'],
    heard: [],
  },
  {
    story: 'is busy for a moment, and would break off its turn',
    part: { busy: 700 },
    adapter: { queuesWhileBusy: false },
    ...turn,
    heard: took,
  },
  { story: 'shows a dialog', part: { dialog: true }, verify: 400, state: 'refused', reason: 'dialog', heard: [] },
  { story: 'has a draft of a person', part: { draft: 'wait, I' }, verify: 400, state: 'refused', reason: 'draft', heard: [] },
  {
    story: 'is typed to by a person in the same moment',
    part: { draftOnPaste: 'no, not that' },
    verify: 4000,
    state: 'typed',
    reason: 'mixed',
    evidence: ['composer-text'],
    heard: [],
  },
  {
    story: 'opens a dialog upon the paste',
    part: { dialogOnPaste: true },
    verify: 4000,
    state: 'unknown',
    reason: 'dialog',
    heard: [],
  },
  { story: 'loses the paste', part: { lose: true }, verify: 4000, state: 'unknown', reason: 'not-seen', heard: [] },
  { story: 'crashes at the paste', part: { crash: 'paste' }, state: 'unknown', reason: 'agent-ended', heard: [] },
  { story: 'crashes at Enter', part: { crash: 'enter' }, state: 'unknown', reason: 'agent-ended', heard: [] },
  { story: 'crashes after it has recorded the message', part: { crash: 'later' }, ...turn, heard: took },
  { story: 'reads lines', part: { lines: true }, verify: 400, state: 'refused', reason: 'line-mode', heard: [] },
  {
    story: 'swallows Enter for ever',
    part: { swallow: 100 },
    state: 'typed',
    reason: 'no-evidence',
    evidence: ['composer-text'],
    heard: [],
  },
];

const steps = { shown: 800, taken: 2500, stronger: 800 };

describe('an agent that', () => {
  test.each(rows)(
    '$story: $state',
    async ({ part = {}, adapter, text = hello, verify = 5000, early, state, reason = null, evidence = [], heard }) => {
      await stage.cast(agent, part);
      if (early === undefined) await stage.up(agent);
      const { receipt } = await send(message(text), stage.world(adapter), { verify, steps });
      expect(receipt).toMatchObject({ state, reason, evidence });
      if (state === 'queued' && heard.length > 0) await stage.until(async () => stage.heard(agent).length > 0, 'it to be heard');
      expect(stage.heard(agent)).toEqual(heard.map(([event, said]) => ({ event, text: said })));
      expect(await stage.tmux('list-buffers').catch(() => '')).toBe('');
    },
  );
});

describe('a pane', () => {
  test('in copy mode is waited for, and refused after that', async () => {
    await stage.cast(agent);
    await stage.up(agent);
    await stage.tmux('copy-mode', '-t', `=${agent}:`);
    const refused = await send(message(hello), stage.world(), { verify: 300 });
    expect(refused.receipt).toMatchObject({ state: 'refused', reason: 'pane-mode' });
    const waiting = send(message('second'), stage.world(), { verify: 5000 });
    await stage.tmux('send-keys', '-t', `=${agent}:`, '-X', 'cancel');
    expect((await waiting).receipt).toMatchObject({ state: 'turn-started' });
    expect(stage.submitted(agent)).toEqual(['second']);
  });

  test('that is dead takes nothing, and the server lives', async () => {
    await stage.cast('bystander');
    await stage.cast(agent, {}, [';', 'set-option', '-t', `=${agent}:`, 'remain-on-exit', 'on']);
    await stage.up(agent);
    process.kill(Number(await stage.tmux('display-message', '-p', '-t', `=${agent}:`, '#{pane_pid}')), 'SIGKILL');
    await expect.poll(() => stage.tmux('display-message', '-p', '-t', `=${agent}:`, '#{pane_dead}')).toBe('1');
    expect((await send(message(hello), stage.world(), { verify: 200 })).receipt).toMatchObject({
      state: 'refused',
      reason: 'pane-dead',
    });
    expect(await stage.tmux('has-session', '-t', '=bystander')).toBe('');
  });

  test('that dies between the look and the paste takes nothing, and the server lives', async () => {
    await stage.cast('bystander');
    await stage.cast(agent, {}, [';', 'set-option', '-t', `=${agent}:`, 'remain-on-exit', 'on']);
    await stage.up(agent);
    const world = stage.world();
    const panes = {
      ...world.panes,
      paste: async (...given: Parameters<typeof world.panes.paste>) => {
        process.kill(given[0].pid, 'SIGKILL');
        await expect.poll(() => stage.tmux('display-message', '-p', '-t', `=${agent}:`, '#{pane_dead}')).toBe('1');
        return world.panes.paste(...given);
      },
    };
    expect((await send(message(hello), { ...world, panes }, { verify: 200 })).receipt).toMatchObject({
      state: 'refused',
      reason: 'pane-dead',
    });
    expect(await stage.tmux('has-session', '-t', '=bystander')).toBe('');
    expect(await stage.tmux('list-buffers')).toBe('');
  });

  test('of another run of the agent takes nothing', async () => {
    await stage.cast(agent);
    await stage.up(agent);
    stage.setRun(agent, { phase: 'live', invocation: 'f'.repeat(32), socket: stage.socket, detail: '' });
    expect((await send(message(hello), stage.world(), { verify: 200 })).receipt).toMatchObject({
      state: 'refused',
      reason: 'session-missing',
    });
    expect(stage.heard(agent)).toEqual([]);
  });

  test('of an agent whose name begins alike takes nothing', async () => {
    await stage.cast('coder01');
    await stage.up('coder01');
    stage.setRun(agent, { phase: 'live', invocation: 'a'.repeat(32), socket: stage.socket, detail: '' });
    expect((await send(message(hello), stage.world(), { verify: 200 })).receipt).toMatchObject({
      state: 'refused',
      reason: 'session-missing',
    });
    expect(stage.heard('coder01')).toEqual([]);
  });

  test.each([
    ['select-pane', '-d'],
    ['set-option', '-p', 'synchronize-panes', 'on'],
  ])('after %s is refused', async (command, ...flags) => {
    await stage.cast(agent);
    await stage.up(agent);
    await stage.tmux(command, '-t', `=${agent}:`, ...flags);
    expect((await send(message(hello), stage.world(), { verify: 200 })).receipt).toMatchObject({
      state: 'refused',
      reason: 'input-off',
    });
  });

  test('that is split still gives its first part the message', async () => {
    await stage.cast(agent);
    await stage.up(agent);
    await stage.tmux('split-window', '-t', `=${agent}:`, 'cat');
    expect((await send(message(hello), stage.world(), { verify: 5000 })).receipt).toMatchObject({ state: 'turn-started' });
    expect(stage.submitted(agent)).toEqual([hello]);
  });
});

describe('tmux that fails', () => {
  const failed = async (): Promise<never> => {
    throw new PortError('timeout', 'the tmux server did not answer');
  };

  test('after it has pasted leaves a message of which nobody knows, and that is not typed again', async () => {
    await stage.cast(agent);
    await stage.up(agent);
    const world = stage.world();
    const { paste } = world.panes;
    const panes = { ...world.panes, paste: (...given: Parameters<typeof paste>) => paste(...given).then(failed) };
    const lost = message(hello);
    expect((await send(lost, { ...world, panes }, { verify: 500 })).receipt).toMatchObject({
      state: 'unknown',
      reason: 'tmux-failed',
    });
    expect((await send(lost, world, { verify: 500 })).receipt).toMatchObject({ state: 'unknown' });
    expect((await send(message('next'), world, { verify: 300 })).receipt).toMatchObject({ state: 'refused', reason: 'draft' });
    expect(stage.heard(agent)).toEqual([]);
  });

  test('after Enter proves nothing: a look that fails is no success', async () => {
    await stage.cast(agent, { transcript: null });
    await stage.up(agent);
    const world = stage.world();
    let pressed = false;
    const panes: typeof world.panes = {
      ...world.panes,
      press: (...given) => {
        pressed = true;
        return world.panes.press(...given);
      },
      look: (target) => (pressed ? failed() : world.panes.look(target)),
    };
    expect((await send(message(hello), { ...world, panes }, { verify: 500 })).receipt).toMatchObject({
      state: 'unknown',
      reason: 'tmux-failed',
    });
    await stage.until(async () => stage.submitted(agent).length === 1, 'it to be heard');
  });
});

test('a message that was left in the composer is submitted before the next one is typed, and not typed again', async () => {
  await stage.cast(agent, { swallow: 3 });
  await stage.up(agent);
  const quick = { shown: 800, taken: 700, stronger: 300 };
  const first = message('first');
  expect((await send(first, stage.world(), { verify: 5000, steps: quick })).receipt).toMatchObject({ state: 'typed' });
  expect((await send(message('second'), stage.world(), { verify: 8000, steps })).receipt).toMatchObject({
    state: 'turn-started',
  });
  expect(stage.submitted(agent)).toEqual(['first', 'second']);
  expect((await send(first, stage.world(), { verify: 100 })).receipt).toMatchObject({ state: 'turn-started' });
});

test('what could not be delivered waits, in order, and is delivered when the agent can take it', async () => {
  await stage.cast(agent, { dialog: true });
  await stage.up(agent);
  for (const text of ['one', 'two', 'three']) {
    const { receipt, obstacle } = await send(message(text), stage.world(), { verify: null });
    expect([receipt.state, receipt.reason, obstacle?.reason]).toEqual(['queued', 'dialog', 'dialog']);
  }
  await stage.cast(agent);
  await stage.up(agent);
  const { receipts, obstacle } = await drain(agent, stage.world());
  expect(receipts.map(({ state }) => state)).toEqual(
    ['turn-started', 'turn-started', 'turn-started'].map(() => expect.stringMatching(/turn-started|queued/)),
  );
  expect(obstacle).toBeNull();
  await stage.until(async () => stage.submitted(agent).length === 3, 'all three');
  expect(stage.submitted(agent)).toEqual(['one', 'two', 'three']);
});

test('an agent that is down keeps a message that is not urgent', async () => {
  expect((await send(message(hello), stage.world(), { verify: 5000 })).receipt).toMatchObject({
    state: 'refused',
    reason: 'agent-down',
  });
  expect((await send(message(hello), stage.world(), { verify: null })).receipt).toMatchObject({
    state: 'queued',
    reason: 'agent-down',
  });
});

test('a message whose time is over is not delivered any more', async () => {
  await stage.cast(agent);
  await stage.up(agent);
  const late = message(hello, { expires: new Date(Date.now() - 1).toISOString() });
  expect((await send(late, stage.world(), { verify: 1000 })).receipt).toMatchObject({ state: 'expired' });
  expect(stage.heard(agent)).toEqual([]);
});
