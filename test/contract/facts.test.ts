import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { expect, test } from 'vitest';
import { connectHost } from '../../src/host/connect.ts';
import { hostFacts, hostRoots } from '../../src/host/facts.ts';

const given = {
  env: { HOME: '/home/mos' },
  uid: userInfo().uid,
  hostname: 'W-Jarvis.example.internal',
  launcher: ['node', 'main.js'],
};

test('a host is its lower-case short name, a tenant the user; directories are where everybody expects them', () => {
  expect(hostFacts(given)).toEqual({
    host: 'w-jarvis',
    tenant: userInfo().username,
    home: '/home/mos',
    mosaicHome: '/home/mos/.config/mosaic',
    stateDir: `/home/mos/.local/state/mosaic/${readFileSync('/etc/machine-id', 'utf8').trim()}`.replace(/\/$/, ''),
    launcher: ['node', 'main.js'],
  });
});

test('the environment and the flags say otherwise', () => {
  const env = { HOME: '/home/mos', MOSAIC_HOME: '/srv/mosaic/', XDG_STATE_HOME: '/srv/state' };
  const facts = hostFacts({ ...given, env, overrides: { host: 'GPU-1', tenant: 'mos' } });
  expect(facts).toMatchObject({ host: 'gpu-1', tenant: 'mos', mosaicHome: '/srv/mosaic' });
  expect(facts.stateDir).toMatch(/^\/srv\/state\/mosaic/);
});

test('what is no absolute path counts as unset', () => {
  const facts = hostFacts({ ...given, env: { HOME: '/home/mos', MOSAIC_HOME: '', XDG_STATE_HOME: 'state' } });
  expect(facts.mosaicHome).toBe('/home/mos/.config/mosaic');
  expect(facts.stateDir).toMatch(/^\/home\/mos\/\.local\/state\/mosaic/);
});

test('roots follow XDG, and systemd where the environment is bare', () => {
  const facts = hostFacts(given);
  expect(hostRoots(facts, { XDG_CONFIG_HOME: '/srv/config', XDG_RUNTIME_DIR: '/run/user/7' })).toMatchObject({
    unitDir: '/srv/config/systemd/user',
    fleetDir: '/home/mos/.config/mosaic/fleet',
    runtimeDir: '/run/user/7',
  });
  expect(hostRoots(facts, {})).toMatchObject({
    unitDir: '/home/mos/.config/systemd/user',
    runtimeDir: `/run/user/${userInfo().uid}`,
  });
});

test('a host without a bus: what needs none works, the rest is unavailable', async () => {
  const facts = { ...hostFacts(given), home: '/nonexistent', mosaicHome: '/nonexistent/mosaic', stateDir: '/nonexistent/state' };
  const { readers, writers, close } = connectHost(facts, { PATH: '/nonexistent', XDG_RUNTIME_DIR: '/nonexistent/run' });
  expect(await readers.files.list([])).toEqual({});
  expect(await readers.state.admitted()).toBeNull();
  const needy = [
    readers.units.list(),
    readers.units.environment(),
    readers.sessions.list('mosaic'),
    writers().units.start('mosaic-agent@coder0.service'),
    writers().lock.acquire('apply'),
    writers().linger.enable(),
  ];
  const kinds = (await Promise.allSettled(needy)).map((result) => (result.status === 'rejected' ? result.reason.kind : null));
  expect(kinds).toEqual(needy.map(() => 'unavailable'));
  await close();
});
