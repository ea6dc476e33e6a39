import { describe, expect, test } from 'vitest';
import { unitsOnTrial } from '../../src/apply/on-trial.ts';
import { agentUnit, environmentFile } from '../../src/model/names.ts';
import type { FakeHost } from '../fakes/host.ts';
import { apply, desiredOf, hostRunning, living, planFor, type Team } from './scenes.ts';

const team = (more: Team): Team => ({ boss: 'orchestrator', muse: 'enhancer', rex: 'enhancer', ...more });
const before = desiredOf({ coding: team({}) });
const anew = 'enhancer, model_hint: other';
const both = desiredOf({ coding: team({ muse: anew, rex: anew }) });

/** Carries it out with a probation, in the course of which something happens at each look at the clock. */
async function onProbation(desired: typeof before, happens: (host: FakeHost, look: number) => void) {
  const host = await hostRunning(before);
  const from = host.journal.length;
  let look = 0;
  const now = (): number => {
    look += 1;
    happens(host, look);
    return look * 400;
  };
  const { results } = await apply(host, desired, { probationMs: 1000, now });
  const done = host.journal.slice(from).map(({ deed, target }) => `${deed} ${target.replace(/^mosaic-agent@|\.service$/g, '')}`);
  return { host, results, jobs: done.filter((text) => /^(start|stop|restart|disable) /.test(text)), looks: look };
}

describe('several enhancers that change at once', () => {
  test('go one at a time, the next when the former has proved that it lives', async () => {
    const { host, jobs, results } = await onProbation(both, ({ journal }, look) => {
      const second = journal.some(({ deed, target }) => deed === 'restart' && target === agentUnit('rex'));
      if (look <= 3) expect(second).toBe(false);
    });
    expect(jobs).toEqual(['restart muse', 'restart rex']);
    expect(results.every(({ outcome }) => outcome === 'done')).toBe(true);
    expect(living(host)).toEqual(['boss', 'muse', 'rex']);
  });

  test.each([
    ['ends at once', 1],
    ['ends during its probation', 2],
  ])('where the first %s, the second is not touched', async (_what, at) => {
    const { host, jobs, results } = await onProbation(both, ({ machine }, look) => {
      if (look === at) machine.exit(agentUnit('muse'), 1);
    });
    expect(jobs).toEqual(['restart muse']);
    expect(results.filter(({ outcome }) => outcome !== 'done').map(({ action, outcome }) => `${action.id} ${outcome}`)).toEqual([
      `restart ${agentUnit('muse')} failed`,
      `write ${environmentFile('rex')} blocked`,
      `restart ${agentUnit('rex')} blocked`,
    ]);
    expect(living(host)).toEqual(['boss', 'rex']);
    // Nor would it be, if it ended by itself now: it would come back with what it has lived with until now.
    expect(host.machine.files.get(environmentFile('rex'))?.text).toBe(before.files.get(environmentFile('rex'))?.text);
  });

  test('where one follows the other, the former stays until the new one has proved that it lives', async () => {
    const replaced = desiredOf({ coding: { boss: 'orchestrator', rex: 'enhancer', ada: 'enhancer' } });
    const { host, jobs } = await onProbation(replaced, ({ machine }, look) => {
      if (look === 2) machine.exit(agentUnit('ada'), 1);
    });
    expect(jobs).toEqual(['start ada']);
    expect(living(host)).toEqual(['boss', 'muse', 'rex']);
  });
});

test('one enhancer alone keeps nobody waiting', async () => {
  const { jobs, looks } = await onProbation(desiredOf({ coding: team({ muse: anew }) }), () => {});
  expect(jobs).toEqual(['restart muse']);
  expect(looks).toBeLessThan(3);
});

test('nobody proves that it lives while a fleet is without orchestrator for it', async () => {
  const from = desiredOf({ coding: { boss: 'orchestrator', muse: 'enhancer' } });
  const swapped = desiredOf({ coding: { boss: 'enhancer', muse: 'orchestrator' } });
  const host = await hostRunning(from);
  const { plan } = await planFor(host, swapped);
  expect([...unitsOnTrial(plan, swapped)]).toEqual([agentUnit('muse')]);
});
