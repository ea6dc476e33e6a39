import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { ownerEnv } from '../git/repositories.ts';
import { packageRoot } from './host.ts';

/** Packed as it would be published, and installed for everybody from that file alone: no registry can be reached. */
let scratch: string;
let prefix: string;

const env = (): Record<string, string> => ({
  ...ownerEnv,
  HOME: scratch,
  npm_config_cache: join(scratch, 'cache'),
  npm_config_registry: 'http://127.0.0.1:9/',
  NO_COLOR: '1',
});
const run = (program: string, args: readonly string[], cwd = scratch): string =>
  execFileSync(program, args, { cwd, env: env(), encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
const muster = (args: readonly string[], cwd = scratch): string => run(join(prefix, 'bin/muster'), args, cwd);

beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'muster-package-'));
  prefix = join(scratch, 'prefix');
  mkdirSync(join(scratch, 'home'));
  run('npm', ['pack', '--ignore-scripts', '--pack-destination', scratch], packageRoot);
  const tarball = readdirSync(scratch).find((name) => name.endsWith('.tgz')) ?? 'none';
  run('npm', ['install', '--global', '--offline', '--no-audit', '--no-fund', '--prefix', prefix, join(scratch, tarball)]);
}, 120_000);

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

test('it says which version it is, and has its manual', () => {
  expect(muster(['--version'])).toMatch(/^\d+\.\d+\.\d+\n$/);
  expect(existsSync(join(prefix, 'share/man/man1/muster.1'))).toBe(true);
});

test('it depends on nothing, and ships no code that another Node compiled', () => {
  const installed = join(prefix, 'lib/node_modules');
  expect(readdirSync(installed)).toEqual(['musterd']);
  const files = readdirSync(join(installed, 'musterd'), { recursive: true, encoding: 'utf8' });
  expect(files.filter((file) => /node_modules|\.cache$|\.ts$/.test(file))).toEqual([]);
});

test('it begins a fleet, judges it, and tries it out, reboot and all', (context) => {
  muster(['init', 'fleet', '--profile', 'coding', '--connector', 'tmux', '--yes', '--quiet']);
  const fleet = join(scratch, 'fleet');
  expect(muster(['validate'], fleet)).toBe('✓ 1 roster, 5 agents\n');
  const reason = inject('noHost');
  if (reason !== '') context.skip(reason);
  expect(muster(['rehearse'], fleet)).toContain('5 agents live, by themselves');
});
