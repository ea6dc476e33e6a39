import { afterEach, describe, expect, test, vi } from 'vitest';
import type { HistoryEntry } from '../../src/model/controller.ts';
import { agentUnit } from '../../src/model/names.ts';
import { PortError } from '../../src/model/ports.ts';
import { small } from '../apply/scenes.ts';
import { type Stage, settled } from './stage.ts';

afterEach(() => void vi.unstubAllGlobals());

const coder = agentUnit('coder0');
type PassEntry = Extract<HistoryEntry, { kind: 'pass' }>;
const passes = ({ store }: Stage): PassEntry[] => store.entries.filter((entry): entry is PassEntry => entry.kind === 'pass');

test('each action has its reason and its outcome; the entry names commit, plan and what woke it', async () => {
  const stage = await settled();
  const key = stage.commit({ coding: { ...small, coder1: 'implementer' } });
  await stage.look('revision');
  expect(passes(stage).at(-1)).toMatchObject({
    revision: key,
    triggers: ['revision'],
    plan: expect.stringMatching(/^sha256:/),
    actions: [
      { id: 'write agents/coder1.env', reason: 'rostered', outcome: 'done' },
      { id: 'write fleets/coding.md', reason: 'fleet-changed', outcome: 'done' },
      { id: `enable ${agentUnit('coder1')}`, reason: 'rostered', outcome: 'done' },
      { id: `start ${agentUnit('coder1')}`, reason: 'rostered', outcome: 'done' },
      { id: 'reload enablement', outcome: 'done' },
    ],
  });
});

test('what failed says why, and what it held up', async () => {
  const stage = await settled();
  stage.host.fault({ deed: 'write', target: 'agents/coder1.env', answer: new PortError('failed', 'no space left') });
  stage.commit({ coding: { ...small, coder1: 'implementer' } });
  await stage.pass('revision');
  const told = passes(stage)
    .at(-1)
    ?.actions.filter(({ id }) => id !== 'write fleets/coding.md')
    .map(({ verb, outcome, detail = '' }) => `${verb}: ${outcome}, ${detail}`);
  expect(told?.slice(0, 3)).toEqual([
    'write: failed, no space left',
    'enable: blocked, it comes after: write agents/coder1.env',
    `start: blocked, it comes after: enable ${agentUnit('coder1')}`,
  ]);
});

describe('who did it is told', () => {
  const rows: readonly (readonly [string, (stage: Stage) => void])[] = [
    ['stopped-by-hand', ({ machine }) => machine.stop(coder)],
    ['disabled-by-hand', ({ machine }) => void machine.enabled.delete(coder)],
    ['crashed', ({ machine }) => machine.crashing.set(coder, 7)],
  ];
  test.each(rows)('%s', async (cause, harm) => {
    const stage = await settled();
    harm(stage);
    await stage.look();
    await stage.wait(10_000);
    expect(passes(stage).flatMap(({ seen }) => seen)).toContainEqual(
      expect.objectContaining({ unit: coder, name: 'coder0', cause }),
    );
  });
});

test('a pass that did nothing is not in the history', async () => {
  const stage = await settled();
  const before = stage.store.entries.length;
  for (let n = 0; n < 10; n += 1) await stage.look();
  expect(stage.store.entries).toHaveLength(before);
});

test('the way of a bad revision can be read from it', async () => {
  const stage = await settled();
  const good = stage.repository.branch;
  const bad = stage.commit({ coding: { ...small, boss: 'orchestrator, model_hint: fails' } });
  await stage.look('revision');
  await stage.wait(130_000);
  const told = stage.store.entries.flatMap((entry) => (entry.kind === 'revision' ? [`${entry.outcome} ${entry.subject}`] : []));
  expect(told.slice(3)).toEqual([`admitted ${bad}`, `quarantined ${bad}`, `returned ${good}`, `applied ${good}`]);
});
