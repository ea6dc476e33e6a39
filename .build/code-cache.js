/**
 * Lets V8 compile the bundled program once, with what a `muster plan` runs, and keeps the result beside it. Run by the build;
 * as a program of its own it is the run that is compiled:
 *
 *     node .build/code-cache.js PROGRAM CACHE REPOSITORY
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import Module, { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';

const self = fileURLToPath(import.meta.url);
if (process.argv[1] === self) record(process.argv[2] ?? '', process.argv[3] ?? '', process.argv[4] ?? '');

/** Bytes of the cache, or `null` where none could be made: the program runs without it, only slower. */
export async function makeCodeCache(/** @type {string} */ root, /** @type {string} */ program, /** @type {string} */ cache) {
  const scratch = mkdtempSync(join(tmpdir(), 'muster-build-'));
  try {
    mkdirSync(join(scratch, 'rosters'));
    copyFileSync(join(root, 'rosters/presets/coding.yaml'), join(scratch, 'rosters/coding.yaml'));
    const git = (/** @type {string[]} */ ...args) =>
      spawnSync('git', ['-C', scratch, '-c', 'user.name=build', '-c', 'user.email=build@example.org', ...args], {
        stdio: 'ignore',
      });
    git('init', '--quiet');
    git('add', '--all');
    git('commit', '--quiet', '--message', 'A fleet');
    // A host without a user manager: nothing of this one is asked or changed.
    const env = { PATH: process.env.PATH, HOME: scratch, XDG_RUNTIME_DIR: scratch };
    const fresh = `${cache}.${process.pid}.tmp`;
    spawnSync(process.execPath, [self, program, fresh, scratch], { env, stdio: 'ignore', timeout: 30_000 });
    renameSync(fresh, cache);
    return statSync(cache).size;
  } catch {
    return null;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function record(/** @type {string} */ filename, /** @type {string} */ cache, /** @type {string} */ repository) {
  process.chdir(repository);
  process.argv.splice(1, process.argv.length, filename, 'plan');
  const script = new Script(Module.wrap(readFileSync(filename, 'latin1')), { filename });
  process.on('exit', () => writeFileSync(cache, script.createCachedData()));
  const module = { exports: {} };
  script.runInThisContext()(module.exports, createRequire(filename), module, filename, dirname(filename));
}
