import { describe, expect, test } from 'vitest';
import type { Desired } from '../../src/model/desired.ts';
import { agentUnit, environmentFile, parseUnit } from '../../src/model/names.ts';
import type { FakeHost } from '../fakes/host.ts';
import { apply, desiredOf, hostRunning, living, small, type Team } from './scenes.ts';

/** Who would come up as orchestrator of a fleet if the power went now: whoever is enabled, as its file says. */
const atBoot = ({ machine }: FakeHost, fleet: string): string[] =>
  [...machine.enabled].flatMap((unit) => {
    const name = parseUnit(unit)?.name ?? '';
    const text = machine.files.get(environmentFile(name))?.text ?? '';
    const isOrchestrator = /^MOSAIC_CLASS="orchestrator"$/m.test(text) && text.includes(`MOSAIC_FLEET="${fleet}"\n`);
    return isOrchestrator && machine.knows(unit) && !machine.masked.has(unit) ? [name] : [];
  });

/** Carries it out on a host, and says after which writes two of a fleet would have come up. */
async function powerLosses(before: Desired, after: Desired, seed: number) {
  const host = await hostRunning(before, seed);
  const doubled: string[] = [];
  host.onWritten = ({ deed, target }) => {
    for (const fleet of ['coding', 'research']) {
      const names = atBoot(host, fleet);
      if (names.length > 1) doubled.push(`${deed} ${target}: ${names.join(', ')}`);
    }
  };
  await apply(host, after);
  return { host, doubled };
}

const promoted: Team = { muse: 'enhancer', coder0: 'orchestrator' };

describe('at no step of a handover would a power loss bring up two orchestrators', () => {
  const rows: readonly (readonly [string, Readonly<Record<string, Team>>, Readonly<Record<string, Team>>])[] = [
    ['an agent that is there takes over', { coding: small }, { coding: promoted }],
    ['the two change places', { coding: small }, { coding: { ...promoted, boss: 'implementer' } }],
    ['the former one stays at rest', { coding: small }, { coding: { ...promoted, boss: 'implementer, state: stopped' } }],
    ['the sole enhancer takes over', { coding: small }, { coding: { muse: 'orchestrator', coder0: 'enhancer' } }],
    [
      'a new one comes, the former one stays in another role',
      { coding: small },
      { coding: { ...small, boss: 'implementer', chief: 'orchestrator' } },
    ],
    [
      'it comes from another fleet, where another one follows',
      { coding: small, research: { lead: 'orchestrator', nora: 'enhancer' } },
      {
        coding: { lead: 'orchestrator', muse: 'enhancer', coder0: 'implementer' },
        research: { nora: 'enhancer', nils: 'orchestrator' },
      },
    ],
    [
      'it takes over, and cannot start: the way back',
      { coding: small },
      { coding: { ...promoted, coder0: 'orchestrator, model_hint: fails' } },
    ],
    [
      'the two change places, and the entering one cannot start: the way back',
      { coding: small },
      { coding: { ...promoted, boss: 'implementer', coder0: 'orchestrator, model_hint: fails' } },
    ],
  ];
  test.each(rows)('%s', async (_what, from, to) => {
    for (let seed = 1; seed <= 10; seed += 1) {
      const { host, doubled } = await powerLosses(desiredOf(from), desiredOf(to), seed);
      expect(doubled).toEqual([]);
      expect(atBoot(host, 'coding')).toHaveLength(1);
      expect(living(host)).toContain(atBoot(host, 'coding')[0]);
    }
  });
});

test('the file of an agent that takes over is written between the disablement and the end of the former one', async () => {
  const host = await hostRunning(desiredOf({ coding: small }));
  const from = host.journal.length;
  await apply(host, desiredOf({ coding: promoted }));
  const [boss, coder] = [agentUnit('boss'), agentUnit('coder0')];
  const steps = host.journal.slice(from).map(({ deed, target }) => `${deed} ${target}`);
  const order = [`disable ${boss}`, 'write agents/coder0.env', `stop ${boss}`, `start ${coder}`];
  expect(steps.filter((step) => order.includes(step))).toEqual(order);
  // Until it has ended it would come up as orchestrator beside the former one, ended by itself.
  expect(steps.indexOf(`stop ${coder}`)).toBeLessThan(steps.indexOf('write agents/coder0.env'));
});
