import { describe, expect } from 'vitest';
import type { PrivateHost, Recorder } from './host.ts';
import { type Agents, classes, roster, small } from './rosters.ts';
import { change, expectConverged, expectFloor, running, stories, story } from './story.ts';

const enhancer: Agents = { enhancer: 'enhancer' };
const before: Agents = { 'boss-a': 'orchestrator', ...enhancer, coder0: 'implementer', coder1: 'implementer' };
const after: Agents = { 'boss-b': 'orchestrator', 'enhancer-b': 'enhancer', coder0: 'reviewer', coder2: 'implementer' };

/** Transitions, each struck at the n-th line of progress; line 0 is the plan itself, while files are still being written. */
const changes = [
  ['the first apply', small, null, [0, 2, 4, 6]],
  ['a change of everything', after, before, [0, 1, 3, 5, 7, 9, 11]],
] as const;

const points = changes.flatMap(([name, to, from, lines]) =>
  lines.map((line) => [`of ${name}, at line ${line}`, from, to, line] as const),
);

describe('apply is killed in the middle; the next one converges', () => {
  stories(points, async (host, [, from, to, line]) => {
    const recorder = await begin(host, from, to);
    await strike(host, line, null);
    await finish(host, recorder, to);
  });
});

describe('the power goes in the middle; after the boot the next apply converges', () => {
  stories(points, async (host, [, from, to, line]) => {
    const recorder = await begin(host, from, to, { outage: true });
    await strike(host, line, ['power-loss']);
    await host.login();
    await finish(host, recorder, to);
  });
});

describe('an interrupted apply', () => {
  const many: Agents = {
    ...small,
    ...Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`worker${index}`, 'worker'])),
  };

  story('ends between two actions: nothing is half done, and the next one goes on', async (host) => {
    await host.commit({ 'rosters/coding.yaml': roster(many) });
    const recorder = await host.record('interrupted', classes(many));
    const apply = host.spawn(['muster', 'apply', '--yes'], { cwd: 'fleet' });
    await apply.saw('start mosaic-tmux-holder.service');
    await apply.signal('SIGINT');
    const { status, stdout, stderr } = await apply.done;
    expect({ status, interrupted: stdout.includes('not run'), failed: / ✗ |\n {4}at /.test(stderr) }).toEqual({
      status: 1,
      interrupted: true,
      failed: false,
    });
    const { stdout: pending } = await host.systemctl('list-jobs', '--no-legend');
    expect(pending).toBe('');
    await recorder.phase('next', classes(many));
    await host.apply();
    await expectConverged(host);
    expect((await host.activeAgents()).length).toBe(Object.keys(many).length);
    await expectFloor(recorder);
  });

  stories(
    [
      ['brings a handover that has begun to its end', { ...before, 'boss-b': 'orchestrator' }, ['boss-a']],
      ['brings a swap of classes that has begun to its end', { ...before, 'boss-a': 'worker', 'boss-b': 'orchestrator' }, []],
    ] as const,
    async (host, [, agents, leaving]) => {
      const to = Object.fromEntries(Object.entries(agents).filter(([name]) => !leaving.some((one) => one === name)));
      const recorder = await running(host, before);
      await change(host, recorder, 'handover', to);
      const apply = host.spawn(['muster', 'apply', '--yes'], { cwd: 'fleet' });
      await apply.saw('stop mosaic-agent@boss-a.service');
      await apply.signal('SIGINT');
      await apply.done;
      expect(await host.activeAgents()).toContain('boss-b');
      await recorder.phase('next', classes(to));
      await host.apply();
      await expectConverged(host);
      await expectFloor(recorder, ['handover: orchestrator']);
    },
  );
});

async function begin(host: PrivateHost, from: Agents | null, to: Agents, { outage = false } = {}): Promise<Recorder> {
  if (from === null) await host.commit({ 'rosters/coding.yaml': roster(to) });
  const recorder = from === null ? await host.record('struck', classes(to)) : await running(host, from);
  await host.commit({ 'rosters/coding.yaml': roster(to) }, 'Change everything\n\nMuster-Allow-Prune: coding');
  await recorder.phase('struck', classes(to), { outage });
  return recorder;
}

/** Everything of it ends at once, inside the host, at that line. */
async function strike(host: PrivateHost, line: number, after: readonly string[] | null): Promise<void> {
  const at = line === 0 ? { stream: 'stdout' as const, lines: 1, after } : { stream: 'stderr' as const, lines: line, after };
  const { signal } = await host.muster(['apply', '--yes'], { at });
  expect(signal).toBe('SIGKILL');
}

async function finish(host: PrivateHost, recorder: Recorder, to: Agents): Promise<void> {
  await recorder.phase('next apply', classes(to));
  await host.apply();
  const names = Object.keys(to).sort();
  expect(await host.activeAgents()).toEqual(names);
  expect(await host.enabledAgents()).toEqual(names);
  await expectConverged(host);
  const { twoAtOnce, gaps, disagreements } = await recorder.verdict();
  for (const gap of gaps) console.info(`gap of ${gap.milliseconds} ms without ${gap.class} (${gap.phase})`);
  // Whoever dies in a handover leaves its gap open until somebody looks again; no other gap is made.
  expect({ twoAtOnce, disagreements, enhancer: gaps.filter((gap) => gap.class === 'enhancer' && !gap.outage) }).toEqual({
    twoAtOnce: [],
    disagreements: [],
    enhancer: [],
  });
  expect(gaps.filter((gap) => gap.open || (!gap.outage && gap.class === 'orchestrator')).length).toBeLessThanOrEqual(1);
}
