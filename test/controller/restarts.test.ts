import { afterEach, expect, test, vi } from 'vitest';
import { agentUnit } from '../../src/model/names.ts';
import { small } from '../apply/scenes.ts';
import { type Stage, settled } from './stage.ts';

afterEach(() => void vi.unstubAllGlobals());

const coder = agentUnit('coder0');

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

test('one that is started again before anybody looks is told of, too', async () => {
  const stage = await settled();
  const before = passes(stage).length;
  stage.machine.exit(coder, 7);
  stage.machine.settle();
  await stage.look();
  await stage.look();
  expect(passes(stage).slice(before)).toEqual([
    { seen: [{ unit: coder, name: 'coder0', cause: 'ended', detail: `see journalctl --user -u ${coder}` }], actions: [] },
  ]);
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
