import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { get, type RequestOptions } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { serveMetrics } from '../../src/control/metrics-server.ts';
import { exposition } from '../../src/metrics/exposition.ts';
import { renderMetrics } from '../../src/metrics/metrics.ts';
import type { ControllerStatus } from '../../src/model/controller.ts';
import { at, controllerStatus, fakeControl, revision } from '../control/fake-control.ts';

const busy = controllerStatus({
  fleets: [
    {
      name: 'coding',
      conditions: [
        { type: 'Admitted', status: 'True', reason: 'Admitted', message: '', since: at, observed_revision: revision },
        { type: 'FloorHeld', status: 'Unknown', reason: 'BusAway', message: '', since: at, observed_revision: revision },
      ],
    },
  ],
  back_offs: [{ resource: 'mosaic-agent@coder0.service', failures: 5, why: 'exit status 1', until: null, quarantined: true }],
  suspensions: [{ kind: 'agent', name: 'coder1', reason: null, since: at, until: null, by: 'jason' }],
  drift: ['/units/mosaic-agent@coder0.service/active'],
  left: ['start mosaic-agent@coder0.service'],
});

const textOf = (status: ControllerStatus): string => renderMetrics({ version: '1.2.3', status, stats: fakeControl().stats() });
const sampleOf = (text: string, series: string): string | undefined =>
  text
    .split('\n')
    .find((line) => line.startsWith(`${series} `))
    ?.slice(series.length + 1);

test.each([
  ['muster_build_info{version="1.2.3"}', '1'],
  [
    `muster_revision_info{repository="/home/jason/fleet",ref="refs/heads/main",attempted="${revision}",applied="${revision}",good="${revision}"}`,
    '1',
  ],
  ['muster_condition{fleet="coding",type="Admitted",status="true"}', '1'],
  ['muster_condition{fleet="coding",type="Admitted",status="false"}', '0'],
  ['muster_condition{fleet="coding",type="Admitted",status="unknown"}', '0'],
  ['muster_condition{fleet="coding",type="FloorHeld",status="true"}', '0'],
  ['muster_condition{fleet="coding",type="FloorHeld",status="unknown"}', '1'],
  ['muster_passes_total{result="idle"}', '5'],
  ['muster_passes_total{result="failed"}', '0'],
  ['muster_pass_duration_seconds_bucket{le="0.1"}', '7'],
  ['muster_pass_duration_seconds_bucket{le="+Inf"}', '7'],
  ['muster_pass_duration_seconds_sum', '0.3'],
  ['muster_pass_duration_seconds_count', '7'],
  ['muster_actions_total{verb="start",outcome="done"}', '4'],
  ['muster_heal_duration_seconds_count', '1'],
  ['muster_drift', '1'],
  ['muster_left', '1'],
  ['muster_back_off{resource="mosaic-agent@coder0.service",quarantined="true"}', '5'],
  ['muster_suspended{kind="agent",name="coder1"}', '1'],
  ['muster_last_pass_timestamp_seconds', '1767366245'],
])('%s', (series, value) => {
  expect(sampleOf(textOf(busy), series)).toBe(value);
});

test('what there is none of has no series', () => {
  const text = textOf(controllerStatus({ last_pass: null, binding: null, attempted: null, applied: null, good: null }));
  expect(text).not.toMatch(/muster_(condition|back_off|suspended|last_pass)/);
  expect(sampleOf(text, 'muster_revision_info{repository="",ref="",attempted="",applied="",good=""}')).toBe('1');
});

/** Reads one sample as Prometheus does. */
function labelsIn(line: string): Record<string, string> {
  const inner = /^\w+\{(.*)\} \S+$/s.exec(line)?.[1] ?? '';
  const pairs = [...inner.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"(?:,|$)/gs)];
  expect(pairs.map(([whole]) => whole).join('')).toBe(inner);
  return Object.fromEntries(
    pairs.map(([, key = '', value = '']) => [key, value.replace(/\\(.)/gs, (_all, sign) => (sign === 'n' ? '\n' : sign))]),
  );
}

test('no label value can end its line, its quotes or its series', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('"', '\\', '\n', '}', ',', '=', ' ', 'n', 'ż') }), fc.string(), (a, b) => {
      const text = exposition([{ name: 'x', help: b, type: 'gauge', series: [{ labels: { a, b }, value: 1 }] }]);
      const lines = text.split('\n');
      expect(lines.length).toBe(4);
      expect(labelsIn(lines[2] ?? '')).toEqual({ a, b });
    }),
  );
});

const promtool = spawnSync('promtool', ['--version']).status === 0;
if (!promtool)
  process.stderr.write('\nSKIPPED: promtool is not installed (Debian: prometheus), so the metrics are not judged by it\n\n');

describe('promtool finds nothing to say', () => {
  const odd = controllerStatus({ back_offs: [{ resource: 'a"b\\c\nd', failures: 1, why: '', until: null, quarantined: false }] });
  test.skipIf(!promtool).each([
    ['a busy controller', busy],
    ['odd names', odd],
    ['an idle controller', controllerStatus()],
  ])('about %s', (_name, status) => {
    const {
      status: exit,
      stdout,
      stderr,
    } = spawnSync('promtool', ['check', 'metrics'], { input: textOf(status), encoding: 'utf8' });
    expect(`${stdout}${stderr}`).toBe('');
    expect(exit).toBe(0);
  });
});

interface Scraped {
  readonly status: number | undefined;
  readonly type: string | undefined;
  readonly text: string;
}

const scrape = (options: string | RequestOptions): Promise<Scraped> =>
  new Promise((resolve, reject) => {
    get(options, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode, type: response.headers['content-type'], text }));
    }).on('error', reject);
  });

describe('metrics are served', () => {
  test.each(['127.0.0.1', 'localhost'])('on %s', async (host) => {
    let count = 0;
    const server = await serveMetrics(() => `up ${++count}\n`, { host, port: 0 });
    try {
      expect(server.at).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
      expect(await scrape(server.at)).toEqual({ status: 200, type: 'text/plain; version=0.0.4; charset=utf-8', text: 'up 1\n' });
      expect(await scrape(server.at)).toMatchObject({ text: 'up 2\n' });
      expect(await scrape(server.at.replace('metrics', 'debug'))).toMatchObject({ status: 404 });
    } finally {
      await server.close();
    }
    await expect(scrape(server.at)).rejects.toThrow();
  });

  test('on a socket that is for its user alone', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'metrics-'));
    const socket = join(folder, 'metrics.sock');
    const server = await serveMetrics(() => 'up 1\n', { socket });
    try {
      expect(statSync(socket).mode & 0o777).toBe(0o600);
      expect(await scrape({ socketPath: socket, path: '/metrics' })).toMatchObject({ text: 'up 1\n' });
    } finally {
      await server.close();
      rmSync(folder, { recursive: true });
    }
  });

  test.each(['0.0.0.0', '192.0.2.1', '::', 'example.org', '127.evil.example'])('not on %s', async (host) => {
    await expect(serveMetrics(() => '', { host, port: 0 })).rejects.toThrow('a loopback address');
  });

  test('not where somebody else listens', async () => {
    const first = await serveMetrics(() => '', { host: '127.0.0.1', port: 0 });
    const port = Number(new URL(first.at).port);
    await expect(serveMetrics(() => '', { host: '127.0.0.1', port })).rejects.toThrow('EADDRINUSE');
    await first.close();
  });

  test('also when they cannot be made', async () => {
    const server = await serveMetrics(
      () => {
        throw new Error('no');
      },
      { host: '127.0.0.1', port: 0 },
    );
    expect(await scrape(server.at)).toMatchObject({ status: 500 });
    await server.close();
  });
});
