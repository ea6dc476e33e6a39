import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { reportAsker } from '../../src/cli/ask-report.ts';
import { durationOf, timeOf } from '../../src/cli/time.ts';
import { uncoveredBy } from '../../src/cli/uncovered.ts';
import { controlSocket } from '../../src/control/protocol.ts';
import { type ControlServer, serveControl } from '../../src/control/server.ts';
import { hostFacts } from '../../src/host/facts.ts';
import { stateWriter } from '../../src/host/state.ts';
import { statusFile } from '../../src/host/status-file.ts';
import { controllerStore } from '../../src/host/store.ts';
import type { ReportAnswer, StatusReport } from '../../src/model/report.ts';
import { controllerStatus, type FakeControl, fakeControl, revision } from '../control/fake-control.ts';
import { desiredOf } from '../plan/sketches.ts';
import { condition, deed, passAt, sighting } from '../views/told.ts';
import { muster, nowhere, type Ran } from './command-line.ts';

let home: string;
let env: Record<string, string | undefined>;
let stateDir: string;
const servers: ControlServer[] = [];
const me = userInfo().username;

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'cli-'));
  env = { ...nowhere, HOME: home, XDG_RUNTIME_DIR: join(home, 'run'), XDG_STATE_HOME: join(home, 'state') };
  stateDir = hostFacts({ env, uid: 1000, hostname: 'w-jarvis', launcher: ['muster'] }).stateDir;
  await stateWriter(stateDir).recordAdmitted({
    format_version: '1.0',
    revision,
    source: null,
    fleets: { coding: ['boss', 'muse', 'coder0', 'both'], both: ['boss1', 'muse1'] },
    state: { linger: true, files: {}, units: {}, sessions: {} },
    at: '2026-01-01T00:00:00Z',
  });
});

afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
  rmSync(home, { recursive: true, force: true });
});

const run = (...args: string[]): Promise<Ran> => muster(args, { cwd: home, env });
const json = async (...args: string[]): Promise<Record<string, unknown>> =>
  JSON.parse((await run(...args, '--json')).stdout) as Record<string, unknown>;

async function control(more: Partial<FakeControl> = {}): Promise<FakeControl> {
  const fake = fakeControl(more);
  servers.push(await serveControl(fake, controlSocket(join(home, 'run'))));
  return fake;
}

const suspensions = (): readonly Record<string, unknown>[] =>
  readdirSync(join(stateDir, 'suspensions'))
    .sort()
    .map((file) => JSON.parse(readFileSync(join(stateDir, 'suspensions', file), 'utf8')) as Record<string, unknown>);

describe('suspend, without a controller,', () => {
  test('writes it down where plan, apply and the next controller look', async () => {
    const { status, stdout } = await run('suspend', 'coder0', '--reason', 'to debug it', '--for', '1h30m');
    expect(status).toBe(0);
    expect(stdout).toContain('agent coder0 is suspended until 1970-01-01 01:30 UTC: to debug it');
    expect(suspensions()).toEqual([
      {
        format_version: '1.0',
        kind: 'agent',
        name: 'coder0',
        reason: 'to debug it',
        since: '1970-01-01T00:00:00.000Z',
        until: '1970-01-01T01:30:00.000Z',
        by: me,
      },
    ]);
  });

  test('is in the history, and so is its end', async () => {
    await run('suspend', 'coding');
    await run('resume', 'coding');
    expect(await json('history')).toMatchObject({
      entries: [
        { kind: 'suspended', target: 'fleet coding', by: me, revision },
        { kind: 'resumed', target: 'fleet coding', by: me },
      ],
    });
    expect(suspensions()).toEqual([]);
  });

  test('gives a document', async () => {
    expect(await json('suspend', 'coder0', '--until', '2026-01-02T15:04:00Z')).toEqual({
      format_version: '1.0',
      kind: 'agent',
      name: 'coder0',
      reason: null,
      until: '2026-01-02T15:04:00.000Z',
      by: me,
      controller: false,
      uncovered: [],
    });
    expect(await json('resume', 'coder0')).toEqual({
      format_version: '1.0',
      kind: 'agent',
      name: 'coder0',
      resumed: true,
      controller: false,
    });
    expect(await json('resume', 'coder0')).toMatchObject({ resumed: false });
  });
});

describe('with a controller, suspend and resume', () => {
  test('go through it, and nothing is written beside it', async () => {
    const fake = await control();
    await run('suspend', 'coder0', '--reason', 'why not');
    await run('resume', 'coder0');
    expect(fake.asked).toEqual([
      `suspend ${JSON.stringify({ kind: 'agent', name: 'coder0', reason: 'why not', until: null, by: me })}`,
      `resume agent coder0 ${me}`,
    ]);
    expect(readdirSync(stateDir)).toEqual(['admitted.json']);
  });

  test('fail where it does not do it', async () => {
    await control({
      suspend: async () => {
        throw new Error('no space left on device');
      },
    });
    const { status, stderr } = await run('suspend', 'coder0');
    expect(status).toBe(1);
    expect(stderr).toContain('error[controller/no-answer] the controller runs, and did not do it\n  no space left on device');
  });
});

describe('a name', () => {
  test.each([
    ['codr0', 1, 'error[name/unknown] no agent or fleet here is named codr0\n  help: Did you mean coder0?\n'],
    ['zzzzzz', 1, 'There are boss, boss1, both, coder0, coding, muse, muse1.'],
    ['both', 4, 'error[usage] both is the name of an agent and of a fleet\n  help: Say which: both --agent, or both --fleet\n'],
  ])('%s is refused', async (name, status, said) => {
    const { status: exit, stderr } = await run('suspend', name);
    expect(stderr).toContain(said);
    expect(exit).toBe(status);
  });

  test('that is both is the one that is said', async () => {
    expect(await json('suspend', 'both', '--fleet')).toMatchObject({ kind: 'fleet' });
    expect(await json('suspend', 'both', '--agent')).toMatchObject({ kind: 'agent' });
    expect((await run('resume', 'both')).status).toBe(4);
    expect(await json('resume', 'both', '--fleet')).toMatchObject({ kind: 'fleet', resumed: true });
    // Only one of them is left that can be meant.
    expect(await json('resume', 'both')).toMatchObject({ kind: 'agent', resumed: true });
  });

  test('that is suspended can be resumed although it is known no more', async () => {
    await run('suspend', 'coder0');
    await stateWriter(stateDir).recordAdmitted({
      format_version: '1.0',
      revision,
      source: null,
      fleets: {},
      state: { linger: true, files: {}, units: {}, sessions: {} },
      at: '2026-01-01T00:00:00Z',
    });
    expect(await json('resume', 'coder0')).toMatchObject({ resumed: true });
    expect((await run('resume', 'coder0')).status).toBe(1);
  });
});

describe('a suspension leaves uncovered', () => {
  const desired = desiredOf([
    {
      name: 'coding',
      agents: [
        { name: 'boss', class: 'orchestrator' },
        { name: 'muse0', class: 'enhancer' },
        { name: 'muse1', class: 'enhancer' },
        { name: 'coder0', class: 'implementer' },
      ],
    },
    { name: 'free', waived: true, agents: [{ name: 'alone', class: 'orchestrator' }] },
  ]);
  const agent = (name: string) => ({ kind: 'agent' as const, name });
  const orchestrator = 'fleet coding: nobody heals its orchestrator if it goes down';
  const enhancers = 'fleet coding: nobody heals its enhancers if they go down';
  test.each([
    ['an agent outside the floor', agent('coder0'), [], []],
    ['the orchestrator', agent('boss'), [], [orchestrator]],
    ['one enhancer of two', agent('muse0'), [], []],
    ['the other one, too', agent('muse1'), [agent('muse0')], [enhancers]],
    ['a fleet', { kind: 'fleet' as const, name: 'coding' }, [], [orchestrator, enhancers]],
    ['a fleet whose floor is waived', { kind: 'fleet' as const, name: 'free' }, [], []],
    ['who has nothing to do with what is uncovered', agent('coder0'), [agent('boss')], []],
  ])('%s', (_name, target, others, texts) => {
    expect(uncoveredBy(target, desired, others)).toEqual(texts);
  });
});

describe('reconcile', () => {
  test('without a controller says how to start one', async () => {
    const { status, stderr } = await run('reconcile');
    expect(status).toBe(1);
    expect(stderr).toContain('error[controller/not-running] no controller runs here');
  });

  test('tells what was done meanwhile, and how it stands', async () => {
    await controllerStore(stateDir).append(passAt('1969-12-31T23:00:00Z', [deed('start', 'boss')]));
    const now = passAt('1970-01-01T00:00:00.500Z', [deed('start', 'coder0')], [sighting('coder0', 'stopped-by-hand')]);
    await control({
      reconcile: async () => {
        await controllerStore(stateDir).append(now);
        return controllerStatus();
      },
    });
    const told = await run('reconcile');
    expect(told.status).toBe(0);
    expect(told.stdout).toMatch(/start coder0 \(stopped by hand\)/);
    expect(told.stdout).not.toContain('boss');
    expect(told.stdout).toMatch(/This host is as its rosters say at 4b825dc642cb\.\n$/);
    expect(await json('reconcile')).toEqual({ format_version: '1.0', entries: [now, now], status: controllerStatus() });
  });

  const attempted = { revision, at: '2026-01-01T00:00:00Z', diagnostics: [] };
  test.each([
    ['all is well', {}, 0],
    ['an action is left', { left: ['start mosaic-agent@coder0.service'] }, 1],
    ['nothing can be done', { obstacle: 'the bus is away' }, 1],
    ['a revision is denied', { attempted: { ...attempted, outcome: 'denied' as const } }, 3],
    ['a revision is in quarantine', { attempted: { ...attempted, outcome: 'quarantined' as const } }, 1],
    ['something is left alone', { fleets: [{ name: 'coding', conditions: [condition('Reconciled', 'False', 'HeldBack')] }] }, 1],
  ])('ends by how it stands: %s', async (_name, more, status) => {
    await control({ reconcile: async () => controllerStatus(more) });
    expect((await run('reconcile')).status).toBe(status);
  });
});

describe('history', () => {
  beforeEach(async () => {
    const store = controllerStore(stateDir);
    await store.append(passAt('1969-12-31T21:00:00Z', [deed('start', 'boss')]));
    await store.append(passAt('1969-12-31T23:00:00Z', [deed('start', 'coder0'), deed('start', 'muse')]));
    await store.append(passAt('1969-12-31T23:30:00Z', [deed('stop', 'coder0')]));
  });
  const times = async (...args: string[]) =>
    ((await json('history', ...args)).entries as { at: string }[]).map(({ at }) => at.slice(11, 16));

  test.each([
    [[], ['21:00', '23:00', '23:30']],
    [
      ['--limit', '2'],
      ['23:00', '23:30'],
    ],
    [
      ['--since', '90m'],
      ['23:00', '23:30'],
    ],
    [['coder0'], ['23:00', '23:30']],
    [['coder0', '--limit', '1'], ['23:30']],
    [['boss', '--since', '1h'], []],
    [['coding'], ['21:00', '23:00', '23:30']],
  ])('%j', async (args, shown) => {
    expect(await times(...args)).toEqual(shown);
  });

  test('of one agent leaves the others out of its entries', async () => {
    const { entries } = (await json('history', 'muse')) as { entries: { actions: { name: string }[] }[] };
    expect(entries.map(({ actions }) => actions.map(({ name }) => name))).toEqual([['muse']]);
  });

  test('survives damaged lines', async () => {
    writeFileSync(join(stateDir, 'history.jsonl'), '{"format_version":"1.0"\n\0\0\n[]\n', { flag: 'a' });
    expect(await times()).toEqual(['21:00', '23:00', '23:30']);
  });

  test.each([
    [['nobody'], 1, 'error[name/unknown] no agent or fleet here is named nobody'],
    [['--limit', '0'], 4, 'error[usage] --limit "0" is no number of entries'],
    [['--since', 'yesterday'], 4, 'error[usage] --since "yesterday" is no length of time'],
  ])('refuses %j', async (args, status, said) => {
    const ran = await run('history', ...args);
    expect(ran.stderr).toContain(said);
    expect(ran.status).toBe(status);
  });
});

describe('whether a controller runs', () => {
  const controllerIn = async () => (await json('ps')).controller as { state: string; installed: boolean; status: object | null };

  test('is said by its socket, not by what it last wrote', async () => {
    expect(await controllerIn()).toEqual({ state: 'none', installed: false, status: null });
    await statusFile(stateDir).write(controllerStatus({ passes: 1 }));
    expect(await controllerIn()).toMatchObject({ state: 'stopped', status: { passes: 1 } });
    await control();
    expect(await controllerIn()).toMatchObject({ state: 'running', status: { passes: 7 } });
  });

  test('is also known of one that is only installed', async () => {
    const units = join(home, '.config/systemd/user');
    mkdirSync(units, { recursive: true });
    writeFileSync(join(units, 'mosaic-controller.service'), '[Unit]\n');
    expect(await controllerIn()).toEqual({ state: 'stopped', installed: true, status: null });
  });

  test('is known to be so of one that does not answer', async () => {
    await control({
      status: () => {
        throw new Error('not yet');
      },
    });
    expect(await controllerIn()).toMatchObject({ state: 'unresponsive' });
  });
});

describe('ps', () => {
  const facts = () => hostFacts({ env, uid: userInfo().uid, hostname: 'w-jarvis', launcher: ['muster'] });
  const report: StatusReport = {
    format_version: '1.0',
    host: 'w-jarvis',
    tenant: me,
    revision,
    repository: null,
    fleets: [],
    agents: [],
    unrostered: [],
    differing: 0,
    pending: [],
    unknown: [],
    controller: { state: 'running', installed: true, status: controllerStatus() },
  };
  const answer = (more: Partial<ReportAnswer> = {}): ReportAnswer => ({
    format_version: '1.0',
    facts: facts(),
    report,
    findings: [],
    whole: true,
    ...more,
  });
  const ask = () => reportAsker(facts(), { env });

  test('shows what the controller sees', async () => {
    await control({ report: async () => answer() });
    const { status, stdout } = await run('ps');
    expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringContaining(revision.slice(0, 12)) });
  });

  test('says what the controller could not read', async () => {
    const finding = { severity: 'warning', code: 'host/unreadable', summary: 'the bus is gone', hint: '' } as const;
    await control({ report: async () => answer({ findings: [finding], whole: false }) });
    const { status, stderr } = await run('ps');
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining('the bus is gone') });
  });

  test.each(['host', 'tenant', 'home', 'mosaicHome', 'stateDir'] as const)(
    'does not take the word of one whose %s is another',
    async (key) => {
      await control({ report: async () => answer({ facts: { ...facts(), [key]: '/elsewhere' } }) });
      expect(await ask()()).toBeNull();
    },
  );

  test('asks none that does not run, and again once one does', async () => {
    const asks = ask();
    expect(await asks()).toBeNull();
    await control({ report: async () => answer() });
    expect((await asks())?.report.revision).toBe(revision);
  });

  test('asks one that has failed to answer no more', async () => {
    let asked = 0;
    await control({
      report: async () => {
        asked += 1;
        throw new Error('not yet');
      },
    });
    const asks = ask();
    expect([await asks(), await asks(), asked]).toEqual([null, null, 1]);
  });
});

describe('times on the command line', () => {
  test.each([
    ['30s', 30_000],
    ['15m', 900_000],
    ['1h30m', 5_400_000],
    ['3d', 259_200_000],
    ['2w', 1_209_600_000],
  ])('%s', (text, milliseconds) => expect(durationOf(text, '--for')).toBe(milliseconds));

  test.each(['', '0s', '2', 'h', '1.5h', '-1h', '2 h', '1y', '99999999999w'])('no length of time: %j', (text) => {
    expect(() => durationOf(text, '--for')).toThrow('is no length of time');
  });

  test.each([
    ['2026-01-02T15:04:05Z', '2026-01-02T15:04:05.000Z'],
    ['2026-01-02T15:04+02:00', '2026-01-02T13:04:00.000Z'],
    ['2026-01-02 15:04', new Date(2026, 0, 2, 15, 4).toISOString()],
    ['2026-01-02', new Date(2026, 0, 2).toISOString()],
  ])('%s', (text, at) => expect(timeOf(text, '--until').toISOString()).toBe(at));

  test.each(['', 'tomorrow', '15:04', '2026-13-01', '2026', '1767366245'])('no time: %j', (text) => {
    expect(() => timeOf(text, '--until')).toThrow('is no time');
  });

  test.each([
    [['--until', '1969-12-31T00:00:00Z'], 'is past'],
    [['--until', '2026-01-02', '--for', '2h'], 'is said beside --for'],
    [['--reason', 'x'.repeat(1001)], 'is over 1000 characters'],
  ])('%j is refused', async (args, said) => {
    const { status, stderr } = await run('suspend', 'coder0', ...args);
    expect(stderr).toContain(said);
    expect(status).toBe(4);
  });
});
