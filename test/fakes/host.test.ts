import { beforeEach, describe, expect, test } from 'vitest';
import { digestOfText } from '../../src/model/digest.ts';
import { agentTemplate, agentUnit, environmentFile, holderUnit, unitFile } from '../../src/model/names.ts';
import { PortError } from '../../src/model/ports.ts';
import { type FakeHost, fakeHost } from './host.ts';

const unit = agentUnit('coder0');
const config = digestOfText('config');
let host: FakeHost;

async function prepare(seed: number): Promise<FakeHost> {
  const made = fakeHost({ seed });
  const write = (key: string, text: string) => made.writers.files.write(key, { text, mode: 0o600 });
  await write(unitFile(agentTemplate), `Environment=MOSAIC_UNITS=${digestOfText('units 1')}`);
  await write(unitFile(holderUnit), `# ${digestOfText('holder')}`);
  for (const agent of ['coder0', 'coder1']) {
    await write(environmentFile(agent), `MOSAIC_CONFIG="${config}"\nMOSAIC_FLEET="coding"\nMOSAIC_CLASS="implementer"\n`);
  }
  return made;
}
beforeEach(async () => {
  host = await prepare(1);
});

const sessions = async () => (await host.readers.sessions.list('mosaic')).sessions.map(({ agent }) => agent).filter(Boolean);
const active = async (name = unit) => (await host.readers.units.list())[name]?.active;

test('starting an agent starts the holder, makes a session of this run, and leaves a record', async () => {
  await host.writers.units.start(unit);
  const { [unit]: started, [holderUnit]: holder } = await host.readers.units.list();
  expect(holder?.active).toBe('active');
  const { sessions: made } = await host.readers.sessions.list('mosaic');
  expect(made).toMatchObject([{ name: '_holder' }, { name: 'coder0', agent: 'coder0', incarnation: started?.invocation }]);
  expect(await host.readers.files.records()).toMatchObject({
    [unit]: { invocation: started?.invocation, config, units: digestOfText('units 1'), fleet: 'coding', class: 'implementer' },
    [holderUnit]: { config: digestOfText('holder'), socket: '/run/tmux/mosaic' },
  });
});

test('a unit file that changed counts after a reload, for units that start then', async () => {
  await host.writers.units.start(unit);
  const changed = { text: `Environment=MOSAIC_UNITS=${digestOfText('units 2')}`, mode: 0o644 };
  await host.writers.files.write(unitFile(agentTemplate), changed);
  await host.writers.units.start(agentUnit('coder1'));
  await host.writers.units.reload();
  await host.writers.units.restart(unit);
  const records = await host.readers.files.records();
  expect(records[agentUnit('coder1')]?.units).toBe(digestOfText('units 1'));
  expect(records[unit]?.units).toBe(digestOfText('units 2'));
});

describe('what happens besides Muster', () => {
  beforeEach(async () => {
    await host.writers.units.enable([unit]);
    await host.writers.units.start(unit);
    await host.writers.units.start(agentUnit('coder1'));
  });

  test('a killed pane is noticed, and its agent started again', async () => {
    host.machine.killPane('coder0');
    expect((await host.readers.units.list())[unit]).toMatchObject({ active: 'activating', sub: 'auto-restart', invocation: '' });
    host.machine.settle();
    expect([await active(), (await sessions()).sort()]).toEqual(['active', ['coder0', 'coder1']]);
  });

  test('a killed server takes every session, and all come back', async () => {
    host.machine.killServer();
    expect(await host.readers.sessions.list('mosaic')).toMatchObject({ server: false, sessions: [] });
    host.machine.settle();
    expect([await active(holderUnit), (await sessions()).sort()]).toEqual(['active', ['coder0', 'coder1']]);
  });

  test('after a reboot only what is enabled runs, and only with linger', async () => {
    host.machine.reboot();
    expect(await sessions()).toEqual([]);
    await host.writers.linger.enable();
    host.machine.reboot();
    expect(await sessions()).toEqual(['coder0']);
  });

  test('a holder that stops takes its agents along, one that restarts brings them back', async () => {
    await host.writers.units.restart(holderUnit);
    expect((await sessions()).sort()).toEqual(['coder0', 'coder1']);
    await host.writers.units.stop(holderUnit);
    expect([await active(), await sessions()]).toEqual(['inactive', []]);
  });

  test('an agent that completes is remembered by its configuration', async () => {
    host.machine.complete('coder1');
    expect(await host.readers.files.completed()).toEqual({ coder1: config });
    expect(await sessions()).toEqual(['coder0']);
  });

  test('a session of a foreign hand takes the name: the agent cannot start', async () => {
    await host.writers.units.stop(unit);
    host.machine.addSession('coder0');
    expect(await host.writers.units.start(unit)).toBe('failed');
  });
});

describe('what is scripted', () => {
  test('a source that is hidden is an error until it is shown again', async () => {
    host.hide('units.list', 'no user bus');
    await expect(host.readers.units.list()).rejects.toMatchObject({ kind: 'unavailable', message: 'no user bus' });
    host.hide('units.list', null);
    expect(await host.readers.units.list()).toEqual({ [holderUnit]: expect.objectContaining({ active: 'inactive' }) });
  });

  test('a fault answers once, for its target; a start that failed leaves a failed unit', async () => {
    host.fault({ deed: 'start', target: unit, answer: 'timeout' });
    expect(await host.writers.units.start(agentUnit('coder1'))).toBe('done');
    expect(await host.writers.units.start(unit)).toBe('timeout');
    expect(await active()).toBe('failed');
    expect(await host.writers.units.start(unit)).toBe('done');
  });

  test('an answer may get lost while the deed is done', async () => {
    host.fault({ deed: 'start', answer: 'lost', done: true });
    expect(await host.writers.units.start(unit)).toBe('lost');
    expect(await active()).toBe('active');
  });

  test('a fault may be an error, for as often as it says', async () => {
    host.fault({ deed: 'write', answer: new PortError('failed', 'disk full'), times: 2 });
    const write = () => host.writers.files.write('roles/x.md', { text: '', mode: 0o644 });
    await expect(write()).rejects.toThrow('disk full');
    await expect(write()).rejects.toThrow('disk full');
    await write();
    expect(await host.readers.files.list(['roles/x.md'])).toHaveProperty(['roles/x.md']);
  });

  test('a crash comes before the deed', async () => {
    host.onWrite = ({ deed }) => {
      if (deed === 'start') throw new Error('power loss');
    };
    await expect(host.writers.units.start(unit)).rejects.toThrow('power loss');
    expect(await active()).toBeUndefined();
    expect(host.journal.some(({ deed }) => deed === 'start')).toBe(false);
  });
});

test('the same seed gives the same ids and the same order, another one others', async () => {
  const story = async (seed: number) => {
    const made = await prepare(seed);
    await Promise.all(['coder0', 'coder1'].map((agent) => made.writers.units.start(agentUnit(agent))));
    return { journal: made.journal, units: await made.readers.units.list() };
  };
  expect(await story(7)).toEqual(await story(7));
  expect(await story(7)).not.toEqual(await story(8));
});
