/**
 * Writes the golden files anew (`test/golden/`: what each command prints, as text, JSON and help) from the sources as they are. Look at
 * what `git diff test/golden` shows afterwards.
 *
 *     node .build/goldens.js
 */
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--config', 'test/vitest.config.ts', '--update=all'];

run(join('.build', 'bundle.js'));
run(...vitest, '--project', 'e2e', 'test/e2e/golden');
// One of these looks whether all are there.
run(...vitest, '--project', 'unit', 'test/golden', 'test/views', 'test/plan/document');

function run(/** @type {string[]} */ ...args) {
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(1);
}
