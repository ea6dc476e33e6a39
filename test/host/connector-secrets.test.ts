import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readSecret, secretFile, storeSecrets } from '../../src/host/connector-secrets.ts';

const name = 'MATRIX_ACCESS_TOKEN';
let root = '';
let places = { fleet: 'coding', roots: { fleetDir: '' }, env: {} as Record<string, string> };

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'secrets-'));
  places = { fleet: 'coding', roots: { fleetDir: join(root, 'fleet') }, env: {} };
});
afterEach(() => rmSync(root, { recursive: true }));

const read = () => readSecret(name, places);
const credential = (text: string): void => {
  mkdirSync(join(root, 'credentials'));
  writeFileSync(join(root, 'credentials', name), text, { mode: 0o400 });
  places.env.CREDENTIALS_DIRECTORY = join(root, 'credentials');
};

describe('a secret', () => {
  test('is kept where only its owner can read it, and found there', async () => {
    const [file = ''] = await storeSecrets({ [name]: 'hunter2-hunter2' }, places);
    expect(file).toBe(secretFile(name, places));
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(file, '..')).mode & 0o777).toBe(0o700);
    expect(await read()).toEqual({ found: true, value: 'hunter2-hunter2', from: 'file' });
  });

  test('is that of systemd before that of a file, and that before the environment', async () => {
    places.env[name] = 'of the environment';
    expect(await read()).toMatchObject({ value: 'of the environment', from: 'environment' });
    await storeSecrets({ [name]: 'of a file' }, places);
    expect(await read()).toMatchObject({ value: 'of a file', from: 'file' });
    credential('of systemd\n');
    expect(await read()).toMatchObject({ value: 'of systemd', from: 'credential' });
  });

  test('is missed by name', async () => {
    expect(await read()).toEqual({ found: false, why: expect.stringContaining(secretFile(name, places)) });
  });

  test.each<[story: string, spoil: (file: string) => void, why: string]>([
    ['others can read', (file) => chmodSync(file, 0o640), 'chmod 600'],
    [
      'is a link',
      (file) => {
        rmSync(file);
        symlinkSync('/etc/hostname', file);
      },
      'is a link',
    ],
    ['is in a directory that others can write to', (file) => chmodSync(join(file, '..'), 0o777), 'chmod 700'],
    ['is empty', (file) => writeFileSync(file, '\n'), 'holds no secret'],
    [
      'is no file',
      (file) => {
        rmSync(file);
        mkdirSync(file);
      },
      'is no file',
    ],
    ['is as large as no secret is', (file) => writeFileSync(file, 'x'.repeat(70_000)), 'holds no secret'],
  ])('that %s is not used, and nothing else in its place', async (_story, spoil, why) => {
    places.env[name] = 'older';
    const [file = ''] = await storeSecrets({ [name]: 'hunter2-hunter2' }, places);
    spoil(file);
    const secret = await read();
    expect(secret.found).toBe(false);
    expect(JSON.stringify(secret)).toContain(why);
    expect(JSON.stringify(secret)).not.toContain('hunter2');
  });

  test.each([
    ['../x', name],
    ['coding', '../../x'],
    ['coding', 'token'],
  ])('of %j named %j has no place', (fleet, odd) => {
    expect(() => secretFile(odd, { ...places, fleet })).toThrow('cannot be the name of a secret');
  });
});
