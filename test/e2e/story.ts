import { expect, inject, type TestContext, test } from 'vitest';
import { PrivateHost, type Recorder } from './host.ts';
import { type Agents, classes, roster } from './rosters.ts';

/** A test with a private host of its own; skipped with the reason where none can be had. `timeout` in milliseconds, where it takes long. */
export function story(
  name: string,
  tell: (host: PrivateHost, context: TestContext) => Promise<void>,
  hostname = 'h',
  timeout?: number,
): void {
  test(name, { ...(timeout === undefined ? {} : { timeout }) }, async (context) => {
    const reason = inject('noHost');
    if (reason !== '') context.skip(reason);
    await using host = await PrivateHost.start({ hostname });
    await tell(host, context);
  });
}

/** The same for one that goes through much. */
export const longStory = (name: string, tell: (host: PrivateHost) => Promise<void>, timeout = 600_000): void =>
  story(name, tell, 'h', timeout);

/** One story for each row: the first column is its name. */
export function stories<Row extends readonly [string, ...unknown[]]>(
  rows: readonly Row[],
  tell: (host: PrivateHost, row: Row) => Promise<void>,
): void {
  for (const row of rows) story(row[0], (host) => tell(host, row));
}

/** A host on which this fleet runs, as a first apply leaves it, and a recorder that has watched from the beginning. */
export async function running(
  host: PrivateHost,
  agents: Agents,
  more: Readonly<Record<string, unknown>> = {},
): Promise<Recorder> {
  await host.commit({ 'rosters/coding.yaml': roster(agents, more) });
  const recorder = await host.record('first apply', classes(agents));
  await host.apply();
  return recorder;
}

/** Commits another roster and tells the recorder of it; what is done about it is the story's. */
export async function change(
  host: PrivateHost,
  recorder: Recorder,
  phase: string,
  agents: Agents,
  more: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  await host.commit({ 'rosters/coding.yaml': roster(agents, more) });
  await recorder.phase(phase, classes(agents));
}

/**
 * Two orchestrators never, both witnesses of one mind at the end, and no gap but those announced, as `PHASE: CLASS`. A test that
 * takes the host down itself says so in its phase. Lengths are told, not judged.
 */
export async function expectFloor(recorder: Recorder, announced: readonly string[] = []): Promise<void> {
  const { twoAtOnce, gaps, disagreements } = await recorder.verdict();
  for (const gap of gaps) console.info(`gap of ${gap.milliseconds} ms without ${gap.class} (${gap.phase})`);
  // A successor that fails may have counted as live for a moment: that is one gap or two.
  const own = [...new Set(gaps.filter(({ outage }) => !outage).map(({ phase, class: name }) => `${phase}: ${name}`))];
  const open = gaps.filter((gap) => gap.open).map(({ class: name }) => `no ${name} at the end`);
  expect({ twoAtOnce, gaps: own.sort(), open, disagreements }).toEqual({
    twoAtOnce: [],
    gaps: [...announced].sort(),
    open: [],
    disagreements: [],
  });
}

/** A second apply finds nothing to do and restarts nobody. */
export async function expectConverged(host: PrivateHost): Promise<void> {
  const before = await host.settled();
  const again = await host.muster(['apply', '--yes']);
  expect(again).toMatchObject({ status: 0, stdout: expect.stringContaining('Nothing to do') });
  expect(await host.settled()).toEqual(before);
  expect((await host.muster(['plan', '--detailed-exitcode'])).status).toBe(0);
}
