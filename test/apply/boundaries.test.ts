import { describe, expect, test } from 'vitest';
import type { Desired } from '../../src/model/desired.ts';
import { judge, judgeRun, type Step } from '../../src/plan/simulate.ts';
import { startOf } from '../../src/plan/simulate-start.ts';
import { describeViolation } from '../../src/plan/simulate-violations.ts';
import type { FakeHost } from '../fakes/host.ts';
import { hostOf, rows, type Scenario } from './scenarios.ts';
import { apply, carryOutOn, living, lookAt, planFor, type Run } from './scenes.ts';

const seeds = [1, 2];

/** What the judge objects to in a run, as it took place. */
function objections(desired: Desired, { plan, before, events }: Run): string[] {
  const planned = new Set(plan.actions.map(({ id }) => id));
  const steps = events.flatMap((event): Step[] => {
    if (event.type === 'started' || !planned.has(event.result.action.id)) return [];
    const { action, outcome } = event.result;
    return outcome === 'done' || outcome === 'failed' ? [{ id: action.id, failed: outcome === 'failed' }] : [];
  });
  return judgeRun(startOf(before, desired), plan, desired, steps).violations.map(describeViolation);
}

const wanted = (desired: Desired): string[] => Object.keys(desired.state.sessions).sort();

/** The host is as desired, and another run would do nothing. */
async function expectConverged(host: FakeHost, desired: Desired): Promise<void> {
  const { plan } = await planFor(host, desired);
  expect(plan.actions.map(({ id }) => id)).toEqual([]);
  expect(living(host)).toEqual(wanted(desired));
  const enabled = Object.entries(desired.state.units).filter(([, unit]) => unit.enabled);
  expect([...host.machine.enabled].sort()).toEqual(enabled.map(([unit]) => unit));
}

/** Orchestrators and enhancers of the fleets that stay: whatever becomes of the run, each fleet that had one has one. */
function floorOf(host: FakeHost): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of living(host)) {
    const record = host.machine.records.get(`mosaic-agent@${name}.service`);
    if (record?.class !== 'orchestrator' && record?.class !== 'enhancer') continue;
    const key = `${record.fleet} ${record.class}`;
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

describe.each(rows)('%s', (_, scenario) => {
  test.each(seeds)('is carried out, and then there is nothing left to do (order %d)', async (seed) => {
    const host = await hostOf(scenario, seed);
    const run = await apply(host, scenario.after);
    expect(objections(scenario.after, run)).toEqual([]);
    expect({ left: run.left, waiting: run.waiting, unknown: run.plan.unknown }).toEqual({ left: [], waiting: [], unknown: [] });
    await expectConverged(host, scenario.after);
  });

  test('is carried out one action at a time, too', async () => {
    const host = await hostOf(scenario);
    const run = await apply(host, scenario.after, { concurrency: 1 });
    expect(objections(scenario.after, run)).toEqual([]);
    await expectConverged(host, scenario.after);
  });

  test.each(seeds)('heals from a crash at every action (order %d)', async (seed) => {
    for (let deeds = 0; await crashedAfter(deeds, scenario, seed, () => {}); deeds += 1);
  });

  test('heals from a loss of power at every action', async () => {
    for (let deeds = 0; await crashedAfter(deeds, scenario, 1, ({ machine }) => machine.reboot()); deeds += 1);
  });

  test.each(seeds)('can be interrupted at every action (order %d)', async (seed) => {
    for (let deeds = 0; await interruptedAfter(deeds, scenario, seed); deeds += 1);
  });
});

/** The run is gone after so many deeds; the next one finds what it left. False when the run came to its end before. */
async function crashedAfter(deeds: number, scenario: Scenario, seed: number, then: (host: FakeHost) => void): Promise<boolean> {
  const host = await hostOf(scenario, seed);
  const { after } = scenario;
  const prepared = await planFor(host, after);
  let left = deeds;
  let crashed = false;
  host.onWrite = () => {
    crashed ||= left === 0;
    left -= 1;
    if (crashed) throw new Error('the run is gone');
  };
  const run = await carryOutOn(host, after, prepared);
  host.onWrite = null;
  expect(objections(after, onlyDone(run)), `${deeds} deeds`).toEqual([]);
  if (!crashed) return false;
  then(host);
  const again = await planFor(host, after);
  const start = startOf(again.observation, after);
  for (const order of ['plan', 'together'] as const)
    expect(judge(start, again.plan, after, { order }).violations.map(describeViolation), `${deeds} deeds`).toEqual([]);
  const healed = await carryOutOn(host, after, again);
  expect(objections(after, healed), `${deeds} deeds`).toEqual([]);
  await expectConverged(host, after);
  return true;
}

/** What a run that was lost had done; nobody was there to see the rest fail. */
const onlyDone = (run: Run): Run => ({
  ...run,
  events: run.events.filter((event) => event.type === 'ended' && event.result.outcome === 'done'),
});

/** Ctrl-C while so many deeds have been begun. False when the run came to its end before. */
async function interruptedAfter(deeds: number, scenario: Scenario, seed: number): Promise<boolean> {
  const host = await hostOf(scenario, seed);
  const { after } = scenario;
  const prepared = await planFor(host, after);
  const before = floorOf(host);
  const abort = new AbortController();
  let left = deeds;
  host.onWrite = () => {
    if (left === 0) abort.abort();
    left -= 1;
  };
  const run = await carryOutOn(host, after, prepared, { signal: abort.signal, concurrency: 4 });
  host.onWrite = null;
  expect(objections(after, run), `${deeds} deeds`).toEqual([]);
  expect(
    run.results.filter(({ outcome }) => outcome === 'failed' || outcome === 'blocked'),
    `${deeds} deeds`,
  ).toEqual([]);
  const stays = ([key]: [string, number]): boolean => after.fleets.some(({ name }) => name === key.split(' ')[0]);
  for (const [key] of Object.entries(before).filter(stays)) expect(floorOf(host), `${deeds} deeds`).toHaveProperty([key]);
  if (!abort.signal.aborted) return false;
  const healed = await apply(host, after);
  expect(objections(after, healed), `${deeds} deeds`).toEqual([]);
  await expectConverged(host, after);
  return true;
}

test('a look between two runs changes nothing', async () => {
  for (const [, scenario] of rows) {
    const host = await hostOf(scenario);
    const before = host.journal.length;
    expect(await lookAt(host, scenario.after)).toEqual(await lookAt(host, scenario.after));
    expect(host.journal.length).toBe(before);
  }
});
