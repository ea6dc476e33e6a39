import { describe, expect, test } from 'vitest';
import { type ActionResult, carryOut, type RunEvent, type RunOptions } from '../../src/apply/run.ts';
import { agentUnit } from '../../src/model/names.ts';
import type { Action, Verb } from '../../src/model/plan.ts';
import { type HostWriters, type JobResult, PortError } from '../../src/model/ports.ts';
import { fakeHost } from '../fakes/host.ts';
import { desiredOf, lookAt, small } from './scenes.ts';

/** `start a`, after others by their ids. */
function action(id: string, ...after: string[]): Action {
  const [verb = 'start', name = ''] = id.split(' ') as [Verb, string];
  const unit = verb === 'reload' ? null : name;
  return { id, verb, kind: 'agent', fleet: null, name, unit, target: null, reason: 'rostered', after, disruptive: false };
}

/** Writers whose every call waits until the test lets it end. */
function gates() {
  const open: { readonly call: string; readonly end: (answer?: JobResult | Error) => void }[] = [];
  const wait = (call: string): Promise<JobResult> =>
    new Promise((resolve, reject) => {
      open.push({ call, end: (answer = 'done') => (answer instanceof Error ? reject(answer) : resolve(answer)) });
    });
  const wrap = (verb: string) => (target?: string | readonly string[]) => wait([verb, target ?? ''].flat().join(' ').trim());
  const silent = (verb: string) => async (target?: string | readonly string[]) => void (await wrap(verb)(target));
  const host = fakeHost();
  const writers: HostWriters = {
    ...host.writers,
    units: {
      start: wrap('start'),
      stop: wrap('stop'),
      restart: wrap('restart'),
      resetFailed: silent('reset-failed'),
      enable: silent('enable'),
      disable: silent('disable'),
      reload: silent('reload'),
      unasked: () => [],
    },
  };
  /** Ends the calls of these names that are under way. */
  const end = async (call: string, answer?: JobResult | Error): Promise<void> => {
    await expect.poll(() => open.map((one) => one.call)).toContain(call);
    const [found] = open.splice(
      open.findIndex((one) => one.call === call),
      1,
    );
    found?.end(answer);
    await turn();
  };
  return { writers, end, open: () => open.map(({ call }) => call) };
}

/** Lets everything that is ready go on. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function begin(actions: readonly Action[], concurrency = 32, more: Partial<RunOptions> = {}) {
  const desired = desiredOf({ coding: small });
  const host = fakeHost();
  const gate = gates();
  const events: RunEvent[] = [];
  const abort = new AbortController();
  const deeds = { desired, observation: await lookAt(host, desired), readers: host.readers, writers: gate.writers };
  const results = carryOut({ actions, handovers: [] }, deeds, {
    concurrency,
    signal: abort.signal,
    probationMs: 0,
    now: () => 0,
    onEvent: (event) => events.push(event),
    ...more,
  });
  await turn();
  return { ...gate, results, events, abort };
}

const told = (results: readonly ActionResult[]): string[] =>
  results.map(({ action: { id }, outcome, detail }) => `${id}: ${outcome}${detail === undefined ? '' : `, ${detail}`}`);

describe('what may go on at once', () => {
  test('is bounded, and no more is left waiting than has to', async () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const { open, end, results } = await begin(
      names.map((name) => action(`start ${name}`)),
      2,
    );
    expect(open()).toEqual(['start a', 'start b']);
    await end('start b');
    expect(open()).toEqual(['start a', 'start c']);
    await end('start a');
    expect(open()).toEqual(['start c', 'start d']);
    for (const name of ['c', 'd', 'e']) await end(`start ${name}`);
    expect(told(await results)).toEqual(names.map((name) => `start ${name}: done`));
  });

  test('goes in the order of the plan where all of it is ready', async () => {
    const { open, end, results } = await begin([action('start c'), action('start a'), action('start b')], 1);
    for (const name of ['c', 'a', 'b']) {
      expect(open()).toEqual([`start ${name}`]);
      await end(`start ${name}`);
    }
    await results;
  });

  test('an action waits for all that it comes after, and for nothing else', async () => {
    const { open, end, results } = await begin([
      action('stop a'),
      action('stop b'),
      action('start c', 'stop a', 'stop b'),
      action('start d', 'stop a'),
    ]);
    await end('stop a');
    expect(open()).toEqual(['stop b', 'start d']);
    await end('stop b');
    expect(open()).toEqual(['start d', 'start c']);
    await end('start c');
    await end('start d');
    await results;
  });

  test('what it comes after may be no part of the plan', async () => {
    const { end, results } = await begin([action('start a', 'write b')]);
    await end('start a');
    expect(told(await results)).toEqual(['start a: done']);
  });
});

describe('enable and disable', () => {
  test.each(['enable', 'disable'])('%s of many units that are ready is one call', async (verb) => {
    const { open, end, results } = await begin([
      action(`${verb} a`),
      action('start x'),
      action(`${verb} b`),
      action(`${verb} c`, 'start x'),
    ]);
    expect(open()).toEqual([`${verb} a b`, 'start x']);
    await end('start x');
    expect(open()).toEqual([`${verb} a b`, `${verb} c`]);
    await end(`${verb} a b`);
    await end(`${verb} c`);
    expect(told(await results)).toEqual([`${verb} a: done`, 'start x: done', `${verb} b: done`, `${verb} c: done`]);
  });

  test('counts as one of those that go on at once', async () => {
    const { open, end, results } = await begin([action('enable a'), action('enable b'), action('start x')], 1);
    expect(open()).toEqual(['enable a b']);
    await end('enable a b');
    await end('start x');
    await results;
  });

  test('its units share the fate of the call', async () => {
    const { end, results } = await begin([action('enable a'), action('enable b'), action('start b', 'enable b')]);
    await end('enable a b', new PortError('refused', 'no permission'));
    expect(told(await results)).toEqual([
      'enable a: failed, no permission',
      'enable b: failed, no permission',
      'start b: blocked, it comes after: enable b',
    ]);
  });
});

describe('an action that fails', () => {
  test('blocks what comes after it, however far, and nothing else', async () => {
    const { end, results } = await begin([
      action('start a'),
      action('start b', 'start a'),
      action('start c', 'start b'),
      action('start d'),
      action('start e', 'start d'),
    ]);
    await end('start a', 'failed');
    await end('start d');
    await end('start e');
    expect(told(await results)).toEqual([
      'start a: failed, a: its job failed; journalctl --user -u a tells why',
      'start b: blocked, it comes after: start a',
      'start c: blocked, it comes after: start b',
      'start d: done',
      'start e: done',
    ]);
  });

  test('blocks once, also where two fail', async () => {
    const { end, results, events } = await begin([action('start a'), action('start b'), action('start c', 'start a', 'start b')]);
    await end('start a', 'failed');
    await end('start b', 'failed');
    expect(told(await results)).toContain('start c: blocked, it comes after: start a');
    const ends = events.flatMap((event) => (event.type === 'ended' ? [event.result.action.id] : []));
    expect(ends).toEqual(['start a', 'start c', 'start b']);
  });

  test('does not keep a reload from making the rest known', async () => {
    const { end, results } = await begin([
      action('enable a'),
      action('stop b'),
      action('reload units', 'enable a', 'stop b'),
      action('start c', 'reload units'),
    ]);
    await end('stop b', 'timeout');
    await end('enable a');
    await end('reload');
    await end('start c');
    expect(told(await results).slice(2)).toEqual(['reload units: done', 'start c: done']);
  });

  test('a reload still waits for all of them to end', async () => {
    const { open, end, results } = await begin([action('stop a'), action('stop b'), action('reload units', 'stop a', 'stop b')]);
    await end('stop a', 'failed');
    expect(open()).toEqual(['stop b']);
    await end('stop b');
    expect(open()).toEqual(['reload']);
    await end('reload');
    await results;
  });

  test.each<readonly [JobResult, string]>([
    ['failed', 'its job failed'],
    ['timeout', 'its job timed out'],
    ['canceled', 'its job was cancelled by another one'],
    ['dependency', 'a unit that it needs failed'],
    ['skipped', 'systemd skipped its job'],
    ['lost', 'its job did not end in time'],
  ])('whose job ends as %s says so', async (answer, words) => {
    const { end, results } = await begin([action('restart a')]);
    // Where systemd put a job of its own in the place of ours, ours is asked for anew, three times in all.
    const asked = answer === 'canceled' || answer === 'dependency' ? 3 : 1;
    for (let time = 0; time < asked; time++) await end('restart a', answer);
    expect(told(await results)).toEqual([`restart a: failed, a: ${words}; journalctl --user -u a tells why`]);
  });
});

test('each action is told of when it begins and when it ends, with how many have ended', async () => {
  const { end, results, events } = await begin([action('start a'), action('start b', 'start a')]);
  await end('start a');
  await end('start b');
  await results;
  expect(
    events.map((event) =>
      event.type === 'started' ? `> ${event.action.id}` : `${event.ended}/${event.total} ${event.result.action.id}`,
    ),
  ).toEqual(['> start a', '1/2 start a', '> start b', '2/2 start b']);
});

test('a plan without actions is over at once', async () => {
  expect(await (await begin([])).results).toEqual([]);
});

describe('an interrupted run', () => {
  test('lets what is under way end, and starts nothing new', async () => {
    const { abort, open, end, results } = await begin([action('start a'), action('start b'), action('start c', 'start a')], 1);
    abort.abort();
    await end('start a');
    expect(open()).toEqual([]);
    expect(told(await results)).toEqual(['start a: done', 'start b: not-run', 'start c: not-run']);
  });

  test('that was interrupted before it began does nothing', async () => {
    const desired = desiredOf({ coding: small });
    const host = fakeHost();
    const deeds = { desired, observation: await lookAt(host, desired), readers: host.readers, writers: host.writers };
    const options = { concurrency: 32, signal: AbortSignal.abort(), probationMs: 0, now: () => 0, onEvent: () => {} };
    const results = await carryOut({ actions: [action(`start ${agentUnit('a')}`)], handovers: [] }, deeds, options);
    expect([told(results), host.journal]).toEqual([[`start ${agentUnit('a')}: not-run`], []]);
  });

  test('brings up again what it has stopped', async () => {
    const { abort, open, end, results } = await begin([
      action('stop a'),
      action('start a', 'stop a'),
      action('start b', 'stop a'),
    ]);
    abort.abort();
    await end('stop a');
    expect(open()).toEqual(['start a']);
    await end('start a');
    expect(told(await results)).toEqual(['stop a: done', 'start a: done', 'start b: not-run']);
  });
});

describe('a run with little patience', () => {
  const hurried = { patience: { ms: 1, mayLeave: ({ verb }: Action) => verb === 'start' } };

  test('does not ask anew for a job that it has left: somebody may have stopped the unit for good', async () => {
    const { open, end, results } = await begin([action('start a')], 32, hurried);
    expect(told(await results)).toEqual(['start a: unfinished, its job goes on']);
    await end('start a', 'canceled');
    expect(open()).toEqual([]);
  });

  test('leaves a job that takes long, and does the rest', async () => {
    const slow = [action('start a'), action('start b', 'start a'), action('start c')];
    const { end, results } = await begin(slow, 32, hurried);
    await end('start c');
    expect(told(await results)).toEqual([
      'start a: unfinished, its job goes on',
      'start b: blocked, it comes after: start a',
      'start c: done',
    ]);
  });

  test('waits all the same for what may not be left', async () => {
    const { end, results } = await begin([action('stop a'), action('start a', 'stop a')], 32, hurried);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await end('stop a');
    expect(told(await results)).toEqual(['stop a: done', 'start a: unfinished, its job goes on']);
  });
});
