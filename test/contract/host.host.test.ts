import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { hostname, tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { connectHost } from '../../src/host/connect.ts';
import { hostFacts } from '../../src/host/facts.ts';
import { fileWriter } from '../../src/host/file-writer.ts';
import { fileReader } from '../../src/host/files.ts';
import { run } from './real-host.ts';

test('user services linger once that is asked for', async () => {
  const env = process.env;
  const facts = hostFacts({ env, uid: userInfo().uid, hostname: hostname(), launcher: [] });
  const host = connectHost(facts, env);
  await run('loginctl', ['disable-linger']);
  expect(await host.readers.linger.get()).toBe(false);
  await host.writers().linger.enable();
  await host.writers().linger.enable();
  expect(await host.readers.linger.get()).toBe(true);
  await run('loginctl', ['disable-linger']);
  await host.close();
});

test('a tenant that is somebody else is refused by loginctl, with its words', async () => {
  const env = process.env;
  const facts = hostFacts({
    env,
    uid: userInfo().uid,
    hostname: hostname(),
    launcher: [],
    overrides: { tenant: 'somebody-else' },
  });
  const host = connectHost(facts, env);
  await expect(host.writers().linger.enable()).rejects.toMatchObject({
    kind: 'refused',
    message: expect.stringContaining('loginctl'),
  });
});

test('what may not be read is unknown, and what may not be written is refused', async () => {
  const directory = await mkdtemp(path.join(tmpdir(), 'closed-'));
  const roots = {
    unitDir: path.join(directory, 'units'),
    fleetDir: path.join(directory, 'fleet'),
    runtimeDir: directory,
    stateDir: directory,
  };
  await mkdir(path.join(roots.fleetDir, 'agents'), { recursive: true });
  await chmod(path.join(roots.fleetDir, 'agents'), 0o000);
  await expect(fileReader(roots).list([])).rejects.toMatchObject({ kind: 'refused', message: expect.stringContaining('agents') });
  await expect(fileWriter(roots).write('agents/coder0.env', { text: '', mode: 0o600 })).rejects.toMatchObject({
    kind: 'refused',
  });
  await chmod(path.join(roots.fleetDir, 'agents'), 0o700);
  await rm(directory, { recursive: true });
});
