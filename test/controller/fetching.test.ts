import { expect, onTestFinished, test, vi } from 'vitest';
import { fetchEvery } from '../../src/controller/fetching.ts';

/** A remote that answers as scripted, the last answer for ever; time goes only when the test lets it. */
function remote(answers: readonly (string | null)[]) {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const failures: string[] = [];
  let fetches = 0;
  const fetch = async (): Promise<void> => {
    const answer = answers[Math.min(fetches, answers.length - 1)];
    fetches += 1;
    if (answer != null) throw new Error(answer);
  };
  const end = fetchEvery(
    1000,
    { fetch },
    () => 0.5,
    (why) => failures.push(why),
  );
  return { failures, end, fetches: () => fetches, pass: (ms: number) => vi.advanceTimersByTimeAsync(ms) };
}

test('it fetches again and again, also after a failure', async () => {
  const { pass, fetches } = remote(['away', null]);
  await pass(5000);
  expect(fetches()).toBe(5);
});

test('a failure is told once, until there is another', async () => {
  const { pass, failures } = remote(['away', 'away', 'denied', null, 'denied']);
  await pass(5000);
  expect(failures).toEqual(['away', 'denied', 'denied']);
});

test('once it is ended there is no more', async () => {
  const { pass, end, fetches } = remote([null]);
  await pass(1000);
  end();
  await pass(10_000);
  expect(fetches()).toBe(1);
});
