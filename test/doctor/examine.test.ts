import { expect, test } from 'vitest';
import { connectors } from '../../src/doctor/connectors.ts';
import { type Examinable, examinable, examine, points, summaryOf } from '../../src/doctor/examine.ts';
import { runtimes } from '../../src/doctor/runtimes.ts';
import type { DoctorPorts } from '../../src/model/doctor-ports.ts';
import { PortError } from '../../src/model/ports.ts';
import { desiredOf } from './desired.ts';

const never = (): Promise<never> => new Promise(() => {});

/** A host of which nothing can be asked: every method of every port does just this. */
function hostThat(answers: () => Promise<never>): DoctorPorts {
  const port = new Proxy({}, { get: (_, name) => (name === 'facts' ? {} : name === 'path' ? '/bin' : answers) });
  return new Proxy({} as DoctorPorts, { get: () => port });
}

test('a host that hangs is unchecked at every point, and holds up nobody', async () => {
  const checks = await examine(hostThat(never), 30);
  expect(checks.map(({ state }) => state)).toEqual(checks.map(() => 'unchecked'));
  expect(checks.map(({ detail }) => detail)).toEqual(checks.map(() => 'no answer in 0.03 s'));
  expect(checks.map(({ id }) => id).toSorted()).toEqual(points.map(({ id }) => id).toSorted());
});

test('what cannot be asked is unchecked with its reason, or failing, and never ok', async () => {
  const gone = () => Promise.reject(new PortError('unavailable', 'no message bus'));
  const checks = await examine(hostThat(gone), 1000);
  expect(checks.filter(({ state }) => state === 'ok')).toEqual([]);
  for (const { detail } of checks) expect(detail).toContain('no message bus');
});

test('one that hangs takes no other with it', async () => {
  const well: Examinable = { id: 'well', group: 'system', examine: async () => [{ state: 'ok', finding: 'well' }] };
  const hung: Examinable = { id: 'hung', group: 'system', examine: never };
  const checks = await examine(hostThat(never), 30, [hung, well]);
  expect(checks.map(({ id, state }) => [id, state])).toEqual([
    ['hung', 'unchecked'],
    ['well', 'ok'],
  ]);
  expect(summaryOf(checks)).toEqual({ ok: 1, warning: 0, failing: 0, unchecked: 1 });
});

test('points have names of their own, and stand by group', async () => {
  expect(new Set(points.map(({ id }) => id)).size).toBe(points.length);
  const one = (id: string, group: Examinable['group']): Examinable => ({
    id,
    group,
    examine: async () => [{ about: 'x', state: 'ok', finding: '' }],
  });
  const checks = await examine(hostThat(never), 1000, [one('a', 'fleet'), one('b', 'system'), one('c', 'fleet')]);
  expect(checks.map(({ id }) => id)).toEqual(['b/x', 'a/x', 'c/x']);
});

test('programs are looked for where units do, and asked for their version only where they are known', async () => {
  const asked: string[] = [];
  const looked = new Set<string>();
  const ports: DoctorPorts = {
    ...hostThat(never),
    fleet: {
      ...hostThat(never).fleet,
      facts: { home: '/h', mosaicHome: '/h/.config/mosaic' } as DoctorPorts['fleet']['facts'],
      rosters: async () => ({ from: 'here', desired: { known: true, value: desiredOf }, controllerFiles: new Map() }),
    },
    manager: { ...hostThat(never).manager, environment: async () => ({ PATH: '/usr/bin' }) },
    programs: {
      path: '/shell/bin',
      journal: never,
      interpreter: async () => null,
      find: async (command, path) => {
        looked.add(path);
        return path === '/shell/bin' ? null : `/found/${command}`;
      },
      ask: async (file) => {
        asked.push(file);
        return '1.0';
      },
    },
  };
  const checks = await examine(ports, 1000, [examinable(runtimes)]);
  expect(checks.map(({ id, finding }) => [id, finding])).toEqual([
    ['runtime/claude', '1.0 at /found/claude, for boss, muse'],
    ['runtime/deploy', '/found/./deploy.sh, for worker'],
  ]);
  expect(asked).toEqual(['/found/claude']);
  expect([...looked]).toEqual(
    expect.arrayContaining([
      '/h/.config/mosaic/fleet/bin:/h/.local/bin:/usr/bin',
      '/h/.config/mosaic/fleet/bin:/own',
      '/shell/bin',
    ]),
  );
});

const channel = { reason: null, detail: '', remedy: null, waiting_in: null, waiting_out: null };

test('a connector that cannot be asked is unchecked, beside one that is well', async () => {
  const ports: DoctorPorts = {
    ...hostThat(never),
    fleet: {
      ...hostThat(never).fleet,
      rosters: async () => ({ from: 'in-force', desired: { known: true, value: desiredOf }, controllerFiles: new Map() }),
      connectors: async () => ({ coding: { ...channel, state: 'ready' }, chatty: { ...channel, state: 'unknown' } }),
    },
  };
  const checks = await examine(ports, 1000, [examinable(connectors)]);
  expect(checks.map(({ id, state }) => [id, state])).toEqual([
    ['connector/coding', 'ok'],
    ['connector/chatty', 'unchecked'],
  ]);
});
