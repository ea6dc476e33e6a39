/**
 * Everything that has to hold before a change goes in; the last line is `N passed, N failed` (`, N skipped`).
 * Each check that is no test (types, lint, package) counts as one.
 *
 *     npm test                              all of it
 *     npm test -- --only unit               one step; --only may be repeated
 *     npm test -- --only unit roster plan   only test files whose path contains one of the words
 */
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { setUp } from './setup.js';
import { resultsMark } from './test-results.js';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const node = process.execPath;
const tool = (/** @type {string} */ path) => [node, join('node_modules', path)];

const steps = [
  { name: 'build', command: [node, '.build/bundle.js'] },
  { name: 'typecheck', command: [...tool('typescript/bin/tsc'), '--project', '.', '--noEmit'] },
  {
    name: 'lint',
    command: [
      ...tool('@biomejs/biome/bin/biome'),
      'ci',
      '--config-path=.biome.json',
      ...(process.stdout.isTTY ? [] : ['--colors=off']),
    ],
  },
  { name: 'unit', command: vitest('unit'), tests: true },
  { name: 'host', command: [node, 'dist/main.js', 'sandbox', '--', ...vitest('host')], tests: true, built: true },
  { name: 'e2e', command: vitest('e2e'), tests: true, built: true },
  { name: 'unused', command: [...tool('knip/bin/knip.js'), '--no-progress'] },
  { name: 'package', command: [node, '.build/check-package.js'], built: true },
];

const { only, words } = readArguments();
const total = { passed: 0, failed: 0, skipped: [], unsteady: [] };
if (!setUp()) finish('setup failed', 1);
const chosen = steps.filter(({ name }) => only.length === 0 || only.includes(name) || (name === 'build' && only.some(usesBuild)));
for (const step of chosen) {
  const outcome = await carryOut(step);
  total.passed += outcome.passed;
  total.failed += outcome.failed;
  total.skipped.push(...outcome.skipped);
  total.unsteady.push(...(outcome.unsteady ?? []));
  // Everything after it would judge an older bundle.
  if (step.name === 'build' && outcome.failed > 0) break;
}
finish();

function readArguments() {
  const { values, positionals } = parseArgs({ options: { only: { type: 'string', multiple: true } }, allowPositionals: true });
  const only = values.only ?? [];
  const names = steps.map(({ name }) => name);
  const unknown = only.filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    console.error(`No such step: ${unknown.join(', ')}. There are: ${names.join(', ')}`);
    process.exit(4);
  }
  return { only, words: positionals };
}

function usesBuild(/** @type {string} */ name) {
  return steps.some((step) => step.name === name && step.built === true);
}

/** The config loader `runner` writes no bundle of the configuration beside it: a private host could not. */
function vitest(/** @type {string} */ project) {
  const config = ['--config', 'test/vitest.config.ts', '--configLoader', 'runner', '--project', project];
  return [...tool('vitest/vitest.mjs'), 'run', ...config, '--reporter', 'default', '--reporter', './.build/test-results.js'];
}

async function carryOut(/** @type {(typeof steps)[number]} */ { name, command, tests }) {
  const started = performance.now();
  console.log(`\n== ${name}`);
  const { status, results } = await run(tests ? [...command, ...words, '--passWithNoTests'] : command);
  const check = { passed: status === 0 ? 1 : 0, failed: status === 0 ? 0 : 1, skipped: [] };
  const outcome = tests ? judgeTests(name, status, results) : check;
  console.log(`== ${name}: ${outcome.failed === 0 ? 'ok' : 'failed'} in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  return outcome;
}

/** A run without results crashed; one without tests, though all were asked for, has lost them. Both are failures. */
function judgeTests(name, status, results) {
  const none = { passed: 0, failed: 1, skipped: [] };
  if (results === undefined) return complain(`${name}: the run ended without results`, none);
  if (results.passed + results.failed + results.skipped.length === 0 && words.length === 0)
    return complain(`${name}: no tests`, none);
  return status !== 0 && results.failed === 0 ? complain(`${name}: exit status ${status}`, { ...results, failed: 1 }) : results;
}

function complain(text, outcome) {
  console.log(text);
  return outcome;
}

function run(/** @type {string[]} */ [program = node, ...args]) {
  // Through a pipe a tool cannot see for itself what its output is for.
  const colour = process.stdout.isTTY ? { FORCE_COLOR: '1' } : { NO_COLOR: '1' };
  const child = spawn(program, args, { cwd: root, env: { ...process.env, ...colour }, stdio: ['ignore', 'pipe', 'inherit'] });
  let results;
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line.startsWith(resultsMark)) results = JSON.parse(line.slice(resultsMark.length));
    else console.log(line);
  });
  return new Promise((done) => {
    child.on('error', (error) => done({ status: error.message, results }));
    child.on('close', (status, signal) => done({ status: status ?? signal, results }));
  });
}

function finish(/** @type {string | undefined} */ why, extraFailures = 0) {
  if (why !== undefined) console.log(why);
  const { passed, skipped, unsteady } = total;
  const failed = total.failed + extraFailures;
  if (skipped.length > 0) {
    console.log(`\n!! ${skipped.length} SKIPPED, these prove nothing:`);
    for (const { test, reason } of skipped) console.log(`!!   ${test}\n!!     ${reason}`);
  }
  if (unsteady.length > 0) {
    console.log(`\n!! ${unsteady.length} passed only when tried again; each is a defect of the test or of what it tests:`);
    for (const { test, reason } of unsteady) {
      console.log(`!!   ${test}`);
      for (const line of reason.split('\n').slice(0, 60)) console.log(`!!     ${line}`);
    }
  }
  console.log(`\n${passed} passed, ${failed} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ''}`);
  process.exit(failed > 0 ? 1 : 0);
}
