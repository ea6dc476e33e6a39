/**
 * Lets V8 compile bundled programs once, with what commands run on a host that has agents, and gives what was compiled. Used by
 * the build; it is also the two programs that this takes:
 *
 *     node .build/code-cache.js host RECORDINGS           on a private host: starts a fleet, prints a cache a line, as base64
 *     node .build/code-cache.js record PROGRAM CACHE DIR COMMANDS   runs the commands in DIR, and writes what was compiled
 *
 * A recording is a program, the commands that are run with it, and whether they are run in the pane of an agent, or while a
 * controller runs.
 * @typedef {{ program: string, commands: string[][], inPane?: boolean, beside?: 'controller' }} Recording
 */
import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';

const self = fileURLToPath(import.meta.url);
const root = dirname(dirname(self));

if (process.argv[1] === self) {
  const [what, ...given] = process.argv.slice(2);
  if (what === 'host') onHost(JSON.parse(given[0] ?? '[]'));
  else record(...given);
}

/** A cache a recording; none at all where none can be made: programs run without, only slower. */
export function makeCodeCaches(/** @type {string} */ entry, /** @type {Recording[]} */ recordings) {
  try {
    return fromPrivateHost(entry, recordings) ?? withoutHost(recordings);
  } catch {
    return [];
  }
}

/** Where namespaces cannot be had there is no private host, and what asks a bus stays uncompiled. */
function fromPrivateHost(/** @type {string} */ entry, /** @type {Recording[]} */ recordings) {
  const command = [entry, 'sandbox', '--', process.execPath, self, 'host', JSON.stringify(recordings)];
  const { status, stdout } = spawnSync(process.execPath, command, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: 60_000,
    maxBuffer: 1 << 26,
  });
  if (status !== 0) return null;
  return stdout
    .trim()
    .split('\n')
    .map((line) => Buffer.from(line, 'base64'));
}

/** A host without a user manager: nothing of this one is asked or changed. */
function withoutHost(/** @type {Recording[]} */ recordings) {
  const scratch = mkdtempSync(join(tmpdir(), 'muster-build-'));
  try {
    makeRepository(scratch);
    const env = { PATH: process.env.PATH, HOME: scratch, XDG_RUNTIME_DIR: scratch };
    return recordings.map((recording) => compiled(recording, scratch, env));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function onHost(/** @type {Recording[]} */ recordings) {
  const repository = join(process.env.HOME ?? '/', 'fleet');
  makeRepository(repository);
  const muster = (/** @type {string[]} */ ...args) => spawnSync('muster', args, { cwd: repository, stdio: 'ignore' }).status;
  muster('-q', 'apply', '--yes');
  for (const recording of recordings) {
    const controller = recording.beside === 'controller' ? spawn('muster', ['run'], { cwd: repository, stdio: 'ignore' }) : null;
    for (let left = 100; controller !== null && left > 0 && muster('reconcile') !== 0; left -= 1) spawnSync('sleep', ['0.1']);
    console.log(compiled(recording, repository, process.env).toString('base64'));
    controller?.kill();
  }
}

function makeRepository(/** @type {string} */ repository) {
  mkdirSync(join(repository, 'rosters'), { recursive: true });
  copyFileSync(join(root, 'rosters/presets/local-canary.yaml'), join(repository, 'rosters/canary.yaml'));
  const git = (/** @type {string[]} */ ...args) =>
    spawnSync('git', ['-C', repository, '-c', 'user.name=build', '-c', 'user.email=build@example.org', ...args], {
      stdio: 'ignore',
    });
  git('init', '--quiet');
  git('add', '--all');
  git('commit', '--quiet', '--message', 'A fleet');
}

function compiled(/** @type {Recording} */ recording, /** @type {string} */ repository, /** @type {NodeJS.ProcessEnv} */ env) {
  const { program, commands, inPane } = recording;
  const cache = join(repository, 'cache');
  const pane = inPane === true ? { MOSAIC_AGENT: 'canary', MOSAIC_INVOCATION: 'build', MOSAIC_RUN: repository } : {};
  const options = /** @type {const} */ ({ env: { ...env, ...pane }, stdio: 'ignore', timeout: 30_000 });
  spawnSync(process.execPath, [self, 'record', program, cache, repository, JSON.stringify(commands)], options);
  return readFileSync(cache);
}

/** One command after the other in one process, each in a program of its own that is evaluated from the same script. */
function record(filename = '', cache = '', repository = '', commands = '[]') {
  process.chdir(repository);
  const script = new Script(readFileSync(filename, 'latin1'), { filename });
  const left = JSON.parse(commands);
  const next = () => {
    const command = left.shift();
    if (command === undefined) {
      writeFileSync(cache, script.createCachedData());
      process.reallyExit(0);
    }
    process.argv.splice(1, process.argv.length, filename, ...command);
    const module = { exports: {} };
    script.runInThisContext()(module.exports, createRequire(filename), module, filename, dirname(filename));
  };
  process.exit = /** @type {typeof process.exit} */ (/** @type {unknown} */ (next));
  next();
}
