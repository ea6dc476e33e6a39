import { beforeEach, describe, expect, test } from 'vitest';
import { digestOfText } from '../../src/model/digest.ts';
import { agentTemplate, agentUnit, environmentFile, holderUnit, unitFile } from '../../src/model/names.ts';
import type { Observation } from '../../src/model/observation.ts';
import { observe, type Scope } from '../../src/observed/observe.ts';
import { type FakeHost, fakeHost, type Source } from '../fakes/host.ts';

const unit = agentUnit('coder0');
const scope: Scope = {
  programs: { coder0: { command: 'pi', path: null } },
  files: ['roles/coder.md', 'bin/muster'],
  socket: 'mosaic',
};
let host: FakeHost;

beforeEach(async () => {
  host = fakeHost();
  const write = (key: string, text: string) => host.writers.files.write(key, { text, mode: 0o600 });
  await write(unitFile(agentTemplate), `[X-Muster]\nOwner=muster\n# ${digestOfText('units')}`);
  await write(unitFile(holderUnit), `# ${digestOfText('holder')}`);
  await write(environmentFile('coder0'), `MOSAIC_CONFIG="${digestOfText('config')}"\nMOSAIC_FLEET="coding"\n`);
  await write('roles/coder.md', 'a role');
  await host.writers.linger.enable();
  await host.writers.units.enable([unit]);
  await host.writers.units.start(unit);
});

const look = (asked: Scope | Promise<Scope> = scope): Promise<Observation> => observe(host.readers, host.facts, asked);

test('what every source says is taken as it is', async () => {
  const seen = await look();
  expect(seen).toMatchObject({
    format_version: '1.0',
    facts: host.facts,
    linger: { known: true, value: true },
    units: { known: true, value: { [unit]: { active: 'active', enablement: 'enabled' }, [holderUnit]: { active: 'active' } } },
    tmux: { known: true, value: { server: true, sessions: [{ name: '_holder' }, { name: 'coder0', agent: 'coder0' }] } },
    records: { known: true, value: { [unit]: { fleet: 'coding', config: digestOfText('config') } } },
    completed: { known: true, value: {} },
    programs: { known: true, value: { coder0: '/usr/bin/pi' } },
    admitted: { known: true, value: null },
    suspensions: { known: true, value: [] },
  });
  expect(seen.files.known && Object.keys(seen.files.value)).toEqual([
    'agents/coder0.env',
    'roles/coder.md',
    'units/mosaic-agent@.service',
    'units/mosaic-tmux-holder.service',
  ]);
});

describe('a source that fails is unknown, with its reason, and nothing else is', () => {
  test.each<readonly [Source, readonly (keyof Observation)[]]>([
    ['linger.get', ['linger']],
    ['files.list', ['files']],
    ['files.completed', ['completed']],
    ['files.connectors', ['connectors']],
    ['files.find', ['programs']],
    ['units.environment', ['programs']],
    ['sessions.list', ['tmux']],
    ['state.admitted', ['admitted']],
    ['state.suspensions', ['suspensions']],
    ['units.list', ['units', 'stale']],
  ])('%s', async (source, parts) => {
    const whole = await look();
    host.hide(source, `no answer from ${source}`);
    const unknown = { known: false, why: `no answer from ${source}` };
    expect(await look()).toEqual({ ...whole, ...Object.fromEntries(parts.map((part) => [part, unknown])) });
  });

  test('files.records, but for the name of the socket: that of the rosters is asked then', async () => {
    const whole = await look();
    host.hide('files.records', 'no permission');
    const records = { known: false, why: 'no permission' };
    const tmux = whole.tmux.known ? { known: true, value: { ...whole.tmux.value, socket: 'mosaic' } } : null;
    expect(await look()).toEqual({ ...whole, records, tmux });
  });

  test('all at once', async () => {
    const sources: Source[] = ['units.list', 'sessions.list', 'files.list', 'files.records', 'linger.get', 'state.admitted'];
    for (const source of sources) host.hide(source, 'gone');
    const seen = await look();
    const unknown = Object.entries(seen).filter(([, part]) => typeof part === 'object' && 'known' in part && !part.known);
    expect(unknown.map(([part]) => part).sort()).toEqual(['admitted', 'files', 'linger', 'records', 'stale', 'tmux', 'units']);
  });

  test('also where what was thrown is no error', async () => {
    const linger = { get: () => Promise.reject('a word') };
    expect((await observe({ ...host.readers, linger }, host.facts, scope)).linger).toEqual({ known: false, why: 'a word' });
  });
});

test('a look changes nothing', async () => {
  const before = host.journal.length;
  await look();
  expect(host.journal.length).toBe(before);
});

describe('a scope that comes late', () => {
  test('holds up only what depends on it', async () => {
    const asked: string[] = [];
    const noting = <T>(what: string, answer: Promise<T>): Promise<T> => {
      asked.push(what);
      return answer;
    };
    let arrive = (_: Scope): void => {};
    const late = new Promise<Scope>((resolve) => {
      arrive = resolve;
    });
    const readers: typeof host.readers = {
      ...host.readers,
      units: { ...host.readers.units, list: () => noting('units', host.readers.units.list()) },
      sessions: { list: (socket) => noting(`sessions on ${socket}`, host.readers.sessions.list(socket)) },
      files: { ...host.readers.files, list: (also) => noting('files', host.readers.files.list(also)) },
    };
    const looking = observe(readers, host.facts, late);
    // The record of the holder says which socket; so tmux, too, is asked before the scope is there.
    await expect.poll(() => [...asked].sort()).toEqual(['sessions on /run/tmux/mosaic', 'units']);
    arrive(scope);
    expect(await looking).toEqual(await look());
    expect(asked).toContain('files');
  });

  test('that never comes ends the look with its own reason', async () => {
    await expect(look(Promise.reject(new Error('rosters denied')))).rejects.toThrow('rosters denied');
  });
});

describe('which tmux socket is asked', () => {
  const socketOf = async (asked: Scope) => {
    const { tmux } = await look(asked);
    return tmux.known ? tmux.value.socket : 'unknown';
  };

  test('the one that the running holder wrote down, whatever the rosters say now', async () => {
    expect(await socketOf({ ...scope, socket: 'other' })).toBe('/run/tmux/mosaic');
  });

  test('where its record cannot be read, a socket without our sessions says nothing of them: they are unknown, not gone', async () => {
    host.hide('files.records', 'no permission');
    const { tmux } = await look({ ...scope, socket: 'other' });
    expect(tmux).toEqual({ known: false, why: 'the socket of the tmux holder is not known: no permission' });
    await host.writers.units.stop(holderUnit);
    expect((await look({ ...scope, socket: 'other' })).tmux).toMatchObject({ known: true, value: { server: false } });
  });

  test('without a holder the one of the rosters', async () => {
    await host.writers.units.stop(holderUnit);
    expect(await socketOf({ ...scope, socket: 'other' })).toBe('other');
  });
});
