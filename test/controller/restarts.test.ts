import { afterEach, describe, expect, test, vi } from 'vitest';
import { agentUnit } from '../../src/model/names.ts';
import type { RunEnd } from '../../src/model/observation.ts';
import { small } from '../apply/scenes.ts';
import { type Stage, settled } from './stage.ts';

afterEach(() => void vi.unstubAllGlobals());

const coder = agentUnit('coder0');

const crashed = { cause: 'crashed', detail: 'exit status 7' };
const byHand = { cause: 'stopped-by-hand', detail: '' };
const older: RunEnd = { invocation: 'a', next: 'b', result: 'oom-kill', at: '2026-01-02T03:04:05Z' };

/** Passes told of so far: what was seen, and what was done about it. */
const passes = ({ told }: Stage) =>
  told.flatMap((entry) => (entry.kind === 'pass' ? [{ seen: entry.seen, actions: entry.actions.map(({ id }) => id) }] : []));

test('an agent that systemd starts again is told of, with what ended it, and nothing is done about it', async () => {
  const stage = await settled();
  const before = passes(stage).length;
  stage.machine.exit(coder, 7);
  await stage.look();
  expect(passes(stage).slice(before)).toEqual([
    { seen: [{ unit: coder, name: 'coder0', cause: 'crashed', detail: 'exit status 7' }], actions: [] },
  ]);
});

test('one end is told once, however often it is looked at', async () => {
  const stage = await settled();
  const before = passes(stage).length;
  stage.machine.exit(coder, 7);
  for (let look = 0; look < 5; look += 1) await stage.look();
  expect(passes(stage)).toHaveLength(before + 1);
});

test('each end is told', async () => {
  const stage = await settled();
  const before = passes(stage).length;
  for (const status of [7, 8]) {
    stage.machine.exit(coder, status);
    await stage.look();
    await stage.wait(1000);
  }
  expect(
    passes(stage)
      .slice(before)
      .map(({ seen }) => seen[0]?.detail),
  ).toEqual(['exit status 7', 'exit status 8']);
});

describe('one that is started again before anybody looks', () => {
  const ended = { cause: 'ended', detail: `see journalctl --user -u ${coder}` };

  test.each<readonly [string, (stage: Stage) => void, { readonly cause: string; readonly detail: string }]>([
    ['is told of with what it wrote down itself', ({ machine }) => machine.exit(coder, 7), crashed],
    ['because somebody restarted it', ({ machine }) => void machine.restart(coder), byHand],
    ['without a word about its end', ({ machine }) => [machine.exit(coder, 7), machine.ends.clear()], ended],
    [
      'is not told of with the words of an older end',
      ({ machine }) => [machine.exit(coder, 7), machine.settle(), machine.exit(coder, 8), machine.ends.set('coder0', older)],
      ended,
    ],
  ])('%s', async (_what, happens, cause) => {
    const stage = await settled();
    const before = passes(stage).length;
    happens(stage);
    stage.machine.settle();
    await stage.look();
    await stage.look();
    expect(passes(stage).slice(before)).toEqual([{ seen: [{ unit: coder, name: 'coder0', ...cause }], actions: [] }]);
  });
});

test.each(['deactivating', 'activating'])('one that a look finds %s is told of once, when it is up again', async (active) => {
  const stage = await settled();
  const before = passes(stage).length;
  const { machine } = stage;
  machine.exit(coder, 7);
  machine.settle();
  const run = machine.runs.get(coder);
  if (run === undefined) throw new Error('it is not there');
  machine.runs.set(coder, active === 'activating' ? { ...run, active, sub: 'start' } : { ...run, active, sub: 'stop-post' });
  await stage.look();
  machine.runs.set(coder, run);
  await stage.look();
  await stage.look();
  expect(passes(stage).slice(before)).toEqual([{ seen: [{ unit: coder, name: 'coder0', ...crashed }], actions: [] }]);
});

test('what we restart ourselves is no end of its own', async () => {
  const stage = await settled();
  const before = passes(stage).length;
  stage.commit({ coding: { ...small, coder0: 'implementer, env: { A: b }' } });
  await stage.look('revision');
  expect(
    passes(stage)
      .slice(before)
      .flatMap(({ seen }) => seen),
  ).toEqual([]);
});
