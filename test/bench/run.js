/**
 * What Muster costs, as ratios against a peer that does the same in the same run. Nothing here passes or fails: figures depend on the
 * machine, ratios much less.
 *
 *     npm run bench                 every row
 *     npm run bench -- plan pure    only these
 *
 * MUSTER_BENCH_SAMPLES is how often the rows with a p99 are measured, by default 200 times. The CPUs should be idle otherwise: how busy
 * they were is told beside each measurement.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.dirname(path.dirname(here));
const asked = process.argv.slice(2);
const samples = process.env.MUSTER_BENCH_SAMPLES ?? '200';
const wanted = (name) => asked.length === 0 || asked.includes(name);

/** @type {{ what: string, against: string, median: number, p99?: number, unit?: string, ratio: string, target: string }[]} */
const table = [];

if (wanted('start')) inHost('start', []);
if (wanted('plan')) for (const agents of ['100', '1000']) inHost('plan', [agents]);
if (wanted('ps')) inHost('ps', ['100']);
if (wanted('apply')) inHost('apply', ['100']);
if (wanted('ansible') && haveAnsible()) inHost('ansible', ['20']);
if (wanted('pure')) await pure();
for (const name of ['controller', 'heal', 'idle', 'memory']) if (wanted(name)) inHost(name, ['100', samples]);
if (wanted('send')) inHost('send', ['1', samples]);
if (wanted('residents')) inHost('residents', ['20']);
if (wanted('discord')) await bridged('discord', 'discord');
if (wanted('matrix')) await bridged('matrix', 'synapse');
if (wanted('pass')) inHost('pass', ['1000', samples]);
print();

/** Runs one measurement on a private host of its own; its last line of output is a list of rows. */
function inHost(name, args) {
  process.stderr.write(`measuring ${[name, ...args].join(' ')} … load ${load()}\n`);
  const command = [
    path.join(root, 'dist/main.js'),
    'sandbox',
    '--',
    process.execPath,
    path.join(here, 'in-host.js'),
    name,
    ...args,
  ];
  const run = spawnSync(process.execPath, command, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  if (run.status !== 0) throw new Error(`${name} ended with ${run.status}: ${run.stdout}`);
  table.push(...JSON.parse(run.stdout.trim().split('\n').at(-1) ?? '[]'));
  process.stderr.write(`  load ${load()}\n`);
}

/** Programs that wanted to run, on average of the last minute. */
function load() {
  return (loadavg()[0] ?? 0).toFixed(1);
}

/** The planner alone, in a process of its own. */
async function pure() {
  process.stderr.write('measuring pure …\n');
  const file = path.join(tmpdir(), `muster-bench-${process.pid}.mjs`);
  const banner = { js: "import{createRequire as __r}from'node:module';const require=__r(import.meta.url);" };
  const result = await build({
    entryPoints: [path.join(here, 'pure.ts')],
    bundle: true,
    format: 'esm',
    platform: 'node',
    write: false,
    banner,
  });
  writeFileSync(file, result.outputFiles[0]?.text ?? '');
  const run = spawnSync(process.execPath, [file], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  rmSync(file);
  if (run.status !== 0) throw new Error(`pure ended with ${run.status}`);
  table.push(...JSON.parse(run.stdout));
}

/**
 * A bridge over real sockets, killed fifty times. Over Discord's protocol that takes some ten minutes, as sessions are rationed; over Matrix
 * as long as 10,000 messages each way take at 100 a second, or `MUSTER_BENCH_MESSAGES`.
 */
async function bridged(name, server) {
  process.stderr.write(`measuring ${name} … load ${load()}\n`);
  const banner = { js: "import{createRequire as __r}from'node:module';const require=__r(import.meta.url);" };
  const outdir = path.join(tmpdir(), `muster-bench-${process.pid}`);
  const besides = path.join(root, 'test/connectors', server);
  const entryPoints = [path.join(here, `${name}.ts`), path.join(besides, 'bridge-process.ts')];
  const outExtension = { '.js': '.mjs' };
  const shape = { bundle: true, format: 'esm', platform: 'node', target: 'node20' };
  await build({ ...shape, entryPoints, outdir, outbase: root, outExtension, banner });
  if (server === 'synapse') copyFileSync(path.join(besides, 'homeserver'), path.join(outdir, 'test/bench/homeserver'));
  const [bench = '', bridge = ''] = entryPoints.map((file) => path.join(outdir, path.relative(root, file).replace(/ts$/, 'mjs')));
  const run = spawnSync(process.execPath, [bench, bridge], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  rmSync(outdir, { recursive: true });
  table.push(...JSON.parse(run.stdout));
  if (run.status !== 0) process.exitCode = 1;
}

function haveAnsible() {
  const has = () => spawnSync('ansible-playbook', ['--version'], { stdio: 'ignore' }).status === 0;
  if (has()) return true;
  if (process.getuid?.() === 0) {
    process.stderr.write('installing ansible-core …\n');
    spawnSync('apt-get', ['update', '-q'], { stdio: 'ignore' });
    spawnSync('apt-get', ['install', '-y', '-q', 'ansible-core'], {
      stdio: 'ignore',
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
  }
  if (has()) return true;
  process.stderr.write(
    'SKIPPED ansible: ansible-playbook is not installed and cannot be installed here (apt-get install ansible-core)\n',
  );
  return false;
}

function print() {
  const head = { what: 'what', against: 'against', median: 'ms', p99: 'p99', ratio: 'ratio', target: 'target' };
  const figure = (value) => (value === undefined ? '' : value.toFixed(value < 10 ? 1 : 0));
  const cells = ({ median, p99, unit = '', ...row }) => ({
    ...row,
    median: `${figure(median)} ${unit}`.trim(),
    p99: figure(p99),
  });
  const rows = [head, ...table.map(cells)];
  const keys = Object.keys(head);
  const widths = keys.map((key) => Math.max(...rows.map((row) => row[key].length)));
  for (const row of rows) {
    const line = keys.map((key, index) => row[key].padEnd(widths[index] ?? 0));
    process.stdout.write(`${line.join('  ').trimEnd()}\n`);
  }
}
