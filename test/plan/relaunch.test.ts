import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { known } from '../../src/model/known.ts';
import { planChanges } from '../../src/plan/changes.ts';
import { judge } from '../../src/plan/simulate.ts';
import { startOf } from '../../src/plan/simulate-start.ts';
import { describeViolation } from '../../src/plan/simulate-violations.ts';
import { runs, world, worldOf } from './arbitrary.ts';
import { desiredOf } from './sketches.ts';

const fleet = {
  name: 'f1',
  agents: [
    { name: 'boss', class: 'orchestrator' },
    { name: 'ada', class: 'enhancer' },
    { name: 'ben', class: 'enhancer' },
    { name: 'carl', class: 'implementer', onChange: 'next-start' as const },
  ],
};

const { seen } = worldOf({ from: [fleet], to: [fleet] });
const newer = desiredOf([fleet], { units: 1, holder: 0 });

const restarts = (actions: readonly { readonly verb: string; readonly name: string | null }[]) =>
  actions.filter(({ verb }) => verb === 'restart').map(({ name }) => name);

describe('a new version of what agents share', () => {
  test('restarts nobody: it waits for their next start', () => {
    const { actions, pending } = planChanges(newer, seen, { adopt: false });
    expect(restarts(actions)).toEqual([]);
    expect(pending.map(({ name, reason }) => `${name} ${reason}`)).toEqual(
      ['ada', 'ben', 'boss', 'carl'].map((name) => `${name} unit-file-changed`),
    );
  });

  test('restarts everybody with a relaunch, the enhancers one after the other', () => {
    const { actions, pending } = planChanges(newer, seen, { adopt: false, relaunch: true });
    expect(pending).toEqual([]);
    expect(new Set(restarts(actions))).toEqual(new Set(['boss', 'ada', 'ben', 'carl']));
    const of = (name: string) => actions.find((one) => one.verb === 'restart' && one.name === name);
    expect(of('ben')?.after).toContain(of('ada')?.id);
    expect(of('ada')).toMatchObject({ reason: 'unit-file-changed', disruptive: true });
    expect(judge(startOf(seen, newer), { actions, handovers: [] }, newer).violations.map(describeViolation)).toEqual([]);
  });

  test('restarts nobody twice', () => {
    const { actions } = planChanges(desiredOf([fleet]), seen, { adopt: false, relaunch: true });
    expect(actions).toEqual([]);
  });

  test('leaves alone what is suspended, also with a relaunch', () => {
    const suspension = {
      kind: 'agent' as const,
      name: 'carl',
      reason: null,
      since: '2026-01-01T00:00:00Z',
      until: null,
      by: 'jason',
    };
    const { actions, pending } = planChanges(
      newer,
      { ...seen, suspensions: known([suspension]) },
      { adopt: false, relaunch: true },
    );
    expect(restarts(actions)).not.toContain('carl');
    expect(pending.map(({ name }) => name)).toEqual(['carl']);
  });

  test('is not begun for an agent whose program is gone', () => {
    const { actions, diagnostics } = planChanges(
      newer,
      { ...seen, programs: known({ boss: '/bin/a', ada: '/bin/a', ben: '/bin/a', carl: null }) },
      { adopt: false, relaunch: true },
    );
    expect(restarts(actions)).not.toContain('carl');
    expect(diagnostics.map(({ code }) => code)).toEqual(['runtime/missing']);
  });
});

test('another role document that ships with Muster waits likewise, and a relaunch restarts for it', () => {
  const of = (made: typeof newer, text: '1' | '2') => {
    const told = (agents: typeof made.agents) =>
      new Map(
        [...agents].map(([key, agent]) => [key, agent.name === 'carl' ? { ...agent, role: `sha256:${text}` as const } : agent]),
      );
    return { ...made, agents: told(made.agents), agentsByUnit: told(made.agentsByUnit) };
  };
  const records = seen.records.known ? seen.records.value : {};
  const unit = 'mosaic-agent@carl.service';
  const carl = records[unit];
  if (carl === undefined) throw new Error('carl has no record');
  const older = { ...seen, records: known({ ...records, [unit]: { ...carl, role: 'sha256:1' as const } }) };
  const same = of(desiredOf([fleet]), '1');
  const other = of(desiredOf([fleet]), '2');
  expect(planChanges(same, older, { adopt: false })).toMatchObject({ actions: [], pending: [] });
  expect(planChanges(other, older, { adopt: false })).toMatchObject({
    actions: [],
    pending: [{ name: 'carl', reason: 'role-changed' }],
  });
  expect(planChanges(other, older, { adopt: false, relaunch: true })).toMatchObject({
    actions: [{ id: `restart ${unit}`, reason: 'role-changed' }],
    pending: [],
  });
});

test.each(['plan', 'together'] as const)('the floor holds at every step of a relaunch, in order "%s"', (order) => {
  fc.assert(
    fc.property(world, ({ desired, truth, seen: look, adopt }) => {
      const plan = planChanges(desired, look, { adopt, relaunch: true });
      const start = startOf({ ...truth, files: look.files, records: look.records }, desired);
      expect(judge(start, plan, desired, { order }).violations.map(describeViolation)).toEqual([]);
    }),
    runs,
  );
});
