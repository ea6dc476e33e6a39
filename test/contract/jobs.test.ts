import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { BusError } from '../../src/systemd/bus.ts';
import { watchJobs } from '../../src/systemd/jobs.ts';
import { type ScriptedBus, scriptedBus } from './scripted-bus.ts';

const unit = 'mosaic-agent@coder0.service';
const manager = 'org.freedesktop.systemd1.Manager';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const removed = (bus: ScriptedBus, job: string, result: string) =>
  bus.emit({ interface: manager, member: 'JobRemoved', body: [1, job, unit, result] });

test('the end of a job may be told before the job has a name', async () => {
  const bus = scriptedBus(({ member }) => {
    if (member !== 'StartUnit') return [];
    removed(bus, '/job/1', 'failed');
    return ['/job/1'];
  });
  const { run } = await watchJobs(bus);
  expect(await run('StartUnit', unit, 1000)).toBe('failed');
});

test.each([
  ['done', 'done'],
  ['canceled', 'canceled'],
  ['dependency', 'dependency'],
  ['skipped', 'skipped'],
  ['assert', 'failed'],
  ['a word of tomorrow', 'failed'],
])('a job that ended as %s is %s', async (word, result) => {
  const bus = scriptedBus(() => ['/job/1']);
  const { run } = await watchJobs(bus);
  const ended = run('StopUnit', unit, 1000);
  await vi.advanceTimersByTimeAsync(0);
  removed(bus, '/job/2', 'done');
  removed(bus, '/job/1', word);
  expect(await ended).toBe(result);
});

test('a signal that looks alike but is not the manager says nothing', async () => {
  const bus = scriptedBus(() => ['/job/1']);
  const { run } = await watchJobs(bus);
  const ended = run('StartUnit', unit, 1000);
  await vi.advanceTimersByTimeAsync(0);
  bus.emit({ interface: 'org.example.Manager', member: 'JobRemoved', body: [1, '/job/1', unit, 'failed'] });
  removed(bus, '/job/1', 'done');
  expect(await ended).toBe('done');
});

test('a job that is still listed is waited for, until its deadline', async () => {
  const bus = scriptedBus(({ member }) =>
    member === 'ListJobs' ? [[[1, unit, 'start', 'running', '/job/1', '/unit']]] : ['/job/1'],
  );
  const { run } = await watchJobs(bus, 1000);
  const ended = run('StartUnit', unit, 10_000).then((result) => ({ result }));
  await vi.advanceTimersByTimeAsync(9999);
  expect(bus.calls.filter(({ member }) => member === 'ListJobs')).toHaveLength(9);
  await vi.advanceTimersByTimeAsync(1);
  expect(await ended).toEqual({ result: null });
});

test('whoever waits is told that a job goes on as often as systemd says so, and not where it says nothing', async () => {
  let answers = true;
  const bus = scriptedBus(({ member }) => {
    if (member !== 'ListJobs') return ['/job/1'];
    if (!answers) throw new BusError('timeout', '', 'no answer');
    return [[[1, unit, 'start', 'running', '/job/1', '/unit']]];
  });
  let told = 0;
  const { run } = await watchJobs(bus, 1000, () => {
    told += 1;
  });
  const ended = run('StartUnit', unit, 100_000);
  await vi.advanceTimersByTimeAsync(3000);
  expect(told).toBe(3);
  answers = false;
  await vi.advanceTimersByTimeAsync(3000);
  expect(told).toBe(3);
  answers = true;
  removed(bus, '/job/1', 'done');
  expect(await ended).toBe('done');
  await vi.advanceTimersByTimeAsync(3000);
  expect(told).toBe(3);
});

test('a job that is listed no longer has ended, though nobody said so', async () => {
  const bus = scriptedBus(({ member }) => (member === 'ListJobs' ? [[]] : ['/job/1']));
  const { run } = await watchJobs(bus, 1000);
  const ended = run('StartUnit', unit, 100_000);
  await vi.advanceTimersByTimeAsync(1000);
  expect(await ended).toBeNull();
});

test('when the bus drops nobody waits any longer', async () => {
  const bus = scriptedBus(() => ['/job/1']);
  const { run } = await watchJobs(bus);
  const ended = run('StartUnit', unit, 100_000);
  await vi.advanceTimersByTimeAsync(0);
  bus.drop();
  expect(await ended).toBeNull();
});

test('to have subscribed already is success; any other refusal is not', async () => {
  const refusing = (name: string) =>
    scriptedBus(({ member }) => {
      if (member === 'Subscribe') throw new BusError('refused', `org.freedesktop.systemd1.${name}`, 'no');
      return [];
    });
  await watchJobs(refusing('AlreadySubscribed'));
  await expect(watchJobs(refusing('Somehow'))).rejects.toMatchObject({ kind: 'refused' });
});

test('a unit with more jobs than were asked for is named, as one that systemd brings back', async () => {
  const bus = scriptedBus(({ member }) => {
    if (member !== 'StartUnit') return [];
    removed(bus, '/job/1', 'done');
    return ['/job/1'];
  });
  const { run, unasked } = await watchJobs(bus);
  expect(await run('StartUnit', unit, 1000)).toBe('done');
  expect(unasked()).toEqual([]);
  bus.emit({ interface: manager, member: 'JobRemoved', body: [2, '/job/2', 'somebody-elses.service', 'done'] });
  expect(unasked()).toEqual([]);
  removed(bus, '/job/3', 'done');
  expect(unasked()).toEqual([unit]);
});
