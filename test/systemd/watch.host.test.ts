import { writeFile } from 'node:fs/promises';
import { hostname, userInfo } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { connectHost, type HostConnection } from '../../src/host/connect.ts';
import { hostFacts } from '../../src/host/facts.ts';
import { agentTemplate, agentUnit } from '../../src/model/names.ts';
import { observe } from '../../src/observed/observe.ts';
import { sightingOf } from '../../src/systemd/causes.ts';
import { clean, realUnits, run, systemctl, unitDir } from '../contract/real-host.ts';

const coder = agentUnit('coder0');
const facts = hostFacts({ env: process.env, uid: userInfo().uid, hostname: hostname(), launcher: [] });

let units: Awaited<ReturnType<typeof realUnits>>;
let host: HostConnection;
let told: (string | null)[];

beforeEach(async () => {
  units = await realUnits();
  host = connectHost(facts, process.env, { remember: true });
  told = [];
  await host.watch((unit) => told.push(unit));
});
afterEach(async () => {
  await host.close();
  await units.close();
});
afterAll(clean);

/** Whatever systemd has said before it answers this has been heard. */
const heard = async (): Promise<readonly (string | null)[]> => {
  await host.alive();
  return told;
};
/** systemd tells what it has to tell once it has nothing else to do. */
const toldOf = (unit: string | null) => expect.poll(heard).toContain(unit);

test('sixty looks, details included, wake nobody', async () => {
  await units.writer.enable([coder, agentUnit('ghost')]);
  await units.writer.start(coder);
  await units.breaks('coder1', true);
  await units.writer.start(agentUnit('coder1'));
  await units.writer.reload();
  await toldOf(coder);
  await quiet();
  const scope = { programs: { coder0: { command: 'sh', path: null } }, files: ['bin/muster'], socket: 'mosaic' };
  for (let look = 0; look < 60; look++) {
    const seen = await observe(host.readers, facts, scope);
    expect(seen.units).toMatchObject({ known: true, value: { [coder]: { active: 'active' } } });
    await host.readers.units.details([coder, agentUnit('coder1'), agentUnit('ghost'), agentUnit('nobody')]);
  }
  expect(await heard()).toEqual([]);
});

/** Waits until nothing has been told for a while, and forgets what was. */
async function quiet(): Promise<void> {
  do {
    told = [];
    await new Promise((resolve) => setTimeout(resolve, 300));
  } while ((await heard()).length > 0);
}

test('what happens to other units wakes nobody', async () => {
  await quiet();
  await run('systemd-run', ['--user', '--quiet', '--wait', '--unit=other.service', 'true']);
  await systemctl('start', 'basic.target');
  expect(await heard()).toEqual([]);
});

describe('what happens to ours is told', () => {
  test('a start, a death, a stop by hand', async () => {
    for (const deed of [['start'], ['kill', '-s', 'KILL'], ['start'], ['stop']]) {
      await quiet();
      await systemctl(...deed, coder);
      await toldOf(coder);
    }
  });

  test('enablement and masks', async () => {
    for (const deed of ['enable', 'disable', 'mask', 'unmask']) {
      await quiet();
      await systemctl(deed, '--quiet', coder);
      await toldOf(null);
    }
  });

  test('a reload is one change, not the end of everything', async () => {
    await units.writer.start(coder);
    await quiet();
    await units.writer.reload();
    await quietAfter(null);
  });

  test('also after the manager has replaced itself', async () => {
    await units.writer.start(coder);
    await quiet();
    await systemctl('daemon-reexec');
    await toldOf(null);
    await quiet();
    await systemctl('stop', coder);
    await toldOf(coder);
  });
});

async function quietAfter(only: null): Promise<void> {
  await toldOf(only);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(new Set(await heard())).toEqual(new Set([only]));
}

test('a bus that ends is told, and another connection hears again', async () => {
  const watch = await host.watch(() => {});
  await systemctl('kill', '-s', 'KILL', 'dbus.service');
  await watch.closed;
  await expect(host.alive()).rejects.toMatchObject({ kind: 'unavailable' });
  const again = connectHost(facts, process.env, { remember: true });
  await expect
    .poll(() =>
      again.alive().then(
        () => true,
        () => false,
      ),
    )
    .toBe(true);
  const more: (string | null)[] = [];
  await again.watch((unit) => more.push(unit));
  await systemctl('start', coder);
  await expect.poll(() => more).toContain(coder);
  await again.close();
});

describe('how a unit came to be as it is', () => {
  const sighted = async () => {
    const [list, details] = [await host.readers.units.list(), await host.readers.units.details([coder])];
    return sightingOf({ unit: list[coder], detail: details[coder], session: list[coder]?.active === 'active' });
  };
  /** An agent that runs this shell script, and is not brought back. */
  const runs = async (script: string, more = '') => {
    const text = `[Service]\nType=exec\nExecStart=/bin/sh -c '${script}'\n${more}[Install]\nWantedBy=default.target\n`;
    await writeFile(path.join(unitDir, agentTemplate), text);
    await units.writer.reload();
    await units.writer.enable([coder]);
    await units.writer.reload();
  };
  const rows: readonly (readonly [string, () => Promise<unknown>, string, string])[] = [
    ['it was never started', () => runs('exec sleep 60'), 'not-started', ''],
    ['stopped by hand', () => runs('exec sleep 60').then(startThen('stop', coder)), 'stopped-by-hand', ''],
    [
      'disabled by hand',
      () => runs('exec sleep 60').then(startThen('disable', '--quiet', coder)),
      'disabled-by-hand',
      'disabled',
    ],
    ['masked by hand', () => runs('exec sleep 60').then(startThen('mask', '--quiet', coder)), 'masked-by-hand', 'masked'],
    ['killed', () => runs('exec sleep 60').then(startThen('kill', '-s', 'KILL', coder)), 'killed', 'signal 9 (KILL)'],
    ['it ended with a status', () => runs('exit 7').then(startThen()), 'crashed', 'exit status 7'],
    ['it says that it is not set up', () => runs('exit 78').then(startThen()), 'misconfigured', 'exit status 78'],
    ['its pane was killed', () => runs('exit 70').then(startThen()), 'session-ended', 'exit status 70'],
    [
      'it does not end when asked to',
      () => runs('trap : TERM; while :; do sleep 1; done', 'TimeoutStopSec=1s\n').then(startThen('stop', coder)),
      'timed-out',
      'signal 9 (KILL)',
    ],
    [
      'it waits for its next run',
      () => runs('exit 7', 'Restart=always\nRestartSec=1h\n').then(startThen()),
      'crashed',
      'exit status 7',
    ],
  ];
  test.each(rows)('%s', async (_what, happens, cause, detail) => {
    await happens();
    await expect.poll(sighted).toEqual({ cause, detail });
  });

  function startThen(...deed: readonly string[]) {
    return async () => {
      await units.writer.start(coder);
      if (deed.length > 0) await systemctl(...deed);
    };
  }
});
