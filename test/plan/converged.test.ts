import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Desired } from '../../src/model/desired.ts';
import { known } from '../../src/model/known.ts';
import type { HostFacts } from '../../src/model/observation.ts';
import { planChanges } from '../../src/plan/changes.ts';
import { convergedOn } from '../../src/plan/converged.ts';
import { judge } from '../../src/plan/simulate.ts';
import { startOf } from '../../src/plan/simulate-start.ts';
import { describeViolation } from '../../src/plan/simulate-violations.ts';
import { world } from './arbitrary.ts';
import { desiredOf } from './sketches.ts';

const facts: HostFacts = {
  host: 'w-jarvis',
  tenant: 'jason',
  home: '/home/jason',
  mosaicHome: '/home/jason/.config/mosaic',
  stateDir: '/home/jason/.local/state/mosaic',
  launcher: ['muster'],
};
const revision = 'a'.repeat(40);
const seenOn = (desired: Desired) => convergedOn(desired, revision, facts);
/** A unit that is not there. */
const nothing = { enabled: false, live: false };
const some = { numRuns: 100, seed: 3 };

test('on a host that had converged on something there is nothing to do for it', () => {
  fc.assert(
    fc.property(world, ({ desired }) => {
      const { actions, patch, unknown, diagnostics, pending, drift } = planChanges(desired, seenOn(desired), { adopt: false });
      expect({ actions, patch, unknown, diagnostics, pending, drift }).toEqual({
        actions: [],
        patch: [],
        unknown: [],
        diagnostics: [],
        pending: [],
        drift: [],
      });
    }),
    some,
  );
});

test('from one revision to another the floor holds, and all of it is planned', () => {
  fc.assert(
    fc.property(world, ({ before, desired }) => {
      const seen = seenOn(before);
      const plan = planChanges(desired, seen, { adopt: false });
      expect(plan.unknown).toEqual([]);
      const { violations, end } = judge(startOf(seen, desired), plan, desired);
      expect(violations.map(describeViolation)).toEqual([]);
      for (const [name, unit] of Object.entries(desired.state.units))
        expect(end.units.get(name) ?? nothing).toMatchObject({ enabled: unit.enabled, live: unit.active });
    }),
    some,
  );
});

describe('a host that had converged', () => {
  const desired = desiredOf([
    {
      name: 'coding',
      agents: [
        { name: 'boss', class: 'orchestrator' },
        { name: 'muse', class: 'enhancer' },
        { name: 'rest', class: 'implementer', state: 'stopped' },
      ],
    },
  ]);
  const seen = seenOn(desired);

  test('runs what is to run, and nothing else', () => {
    expect(seen.tmux.known && seen.tmux.value.sessions.map(({ name, agent, alive }) => [name, agent, alive])).toEqual([
      ['boss', 'boss', true],
      ['muse', 'muse', true],
    ]);
    expect(seen.records.known && Object.keys(seen.records.value)).not.toContain('mosaic-agent@rest.service');
  });

  test('knows which revision that was', () => {
    expect(seen.admitted).toMatchObject(
      known({ revision, source: null, fleets: { coding: ['boss', 'muse', 'rest'] }, state: desired.state }),
    );
  });

  test('is a host of nobody where nothing was desired', () => {
    const empty = seenOn(desiredOf([]));
    expect(empty.tmux).toEqual(known({ socket: 'mosaic', server: false, sessions: [] }));
    expect([empty.units, empty.files, empty.linger]).toEqual([known({}), known({}), known(false)]);
  });
});
