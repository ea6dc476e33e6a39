/**
 * Bundles `src/main.ts` into `dist/`, so that the installed command needs no `node_modules` and starts fast.
 *
 * `dist/main.js` is the command, made of `src/entry.ts`: it loads a program together with the code that V8 has made of it for that command. Each
 * program is one CommonJS script, because Node 20 can keep compiled code for scripts and not for modules, and because every
 * file costs a start some milliseconds; commands are still evaluated only when they run. There are four, as a start also pays
 * for what it only carries: `daily-DIGEST.js` has just the commands that are run every day, `hook-DIGEST.js` the one that a
 * hook waits for, `bridge-DIGEST.js` the one that stays beside each fleet, `program-DIGEST.js` has all.
 *
 *     node .build/bundle.js
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

import { makeCodeCaches } from './code-cache.js';
import { leanDependencies, pathIsMadeOnce, promisesAreLoadedLate } from './lean-dependencies.js';
import { thirdPartyLicences } from './licences.js';
import { standaloneValidator } from './standalone-validator.js';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const out = join(root, 'dist');

/** Commands that do not wait for anything but the host, and their files in `src/cli`. */
const daily = { validate: 'validate.ts', plan: 'plan.ts', apply: 'apply.ts', ps: 'ps.ts', status: 'ps.ts' };
/** Those that an agent's program waits for. */
const hook = { heartbeat: 'heartbeat.ts' };
/** `connector serve` stays, and should be small. */
const bridge = ['connector-serve.ts'];

/** @type {import('esbuild').BuildOptions & { write: false }} */
const script = {
  absWorkingDir: root,
  outdir: out,
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node20.19',
  minify: true,
  legalComments: 'external',
  // One byte a character: that is how the entry reads it.
  charset: 'ascii',
  write: false,
  logLevel: 'warning',
};

const whole = await bundle([]).catch(() => process.exit(1)); // esbuild has said why
const small = await bundle([onlyCommands(Object.values(daily))]).catch(() => process.exit(1));
const least = await bundle([onlyCommands(Object.values(hook))]).catch(() => process.exit(1));
const staying = await bundle([onlyCommands(bridge)]).catch(() => process.exit(1));
const names = {
  program: nameOf('program', whole.program),
  daily: nameOf('daily', small.program),
  hook: nameOf('hook', least.program),
  bridge: nameOf('bridge', staying.program),
};
await publish([
  ['package.json', '{ "type": "commonjs" }\n'],
  ['THIRD-PARTY-LICENSES.txt', await thirdPartyLicences(root, whole.metafile, whole.notices)],
  [`${names.program}.js`, whole.program],
  [`${names.daily}.js`, small.program],
  [`${names.hook}.js`, least.program],
  [`${names.bridge}.js`, staying.program],
  ['main.js', await entry(names)],
]);
await publish([['muster.1', manual()]]);
const made = Object.values(names);
// What starts once has no need of a quick start.
/** @type {(import('./code-cache.js').Recording & { cache: string })[]} */
const recordings = [
  { program: names.program, cache: names.program, commands: [['validate'], ['plan'], ['ps'], ['--help']] },
  { program: names.hook, cache: names.hook, commands: [['heartbeat', '--state', 'busy']], inPane: true },
  ...['validate', 'plan', 'apply', 'ps'].map((command) => ({
    program: names.daily,
    cache: `${names.daily}-${command}`,
    commands: [command === 'apply' ? [command, '--yes'] : [command]],
  })),
  { program: names.daily, cache: `${names.daily}-asking`, commands: [['ps']], beside: 'controller' },
];
const caches = makeCodeCaches(
  join(out, 'main.js'),
  recordings.map((recording) => ({ ...recording, program: join(out, `${recording.program}.js`) })),
);
await publish(caches.map((bytes, index) => [`${recordings[index]?.cache}.cache`, bytes]));
await removeStale([
  'package.json',
  'THIRD-PARTY-LICENSES.txt',
  'main.js',
  'muster.1',
  ...made.map((name) => `${name}.js`),
  ...recordings.map(({ cache }) => `${cache}.cache`),
]);
const kib = (/** @type {(string | Buffer)[]} */ all) =>
  all.map((each) => `${Math.ceil(Buffer.byteLength(each) / 1024)} KiB`).join(' and ');
console.log(
  `${basename(out)}/: programs ${kib([whole.program, small.program, least.program, staying.program])}, code caches ${kib(caches) || 'none'}`,
);

/** The program describes itself. */
function manual() {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(out, 'main.js'), 'man'], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`no manual: ${stderr}`);
  return stdout;
}

function nameOf(/** @type {string} */ what, /** @type {string} */ text) {
  return `${what}-${createHash('sha256').update(text).digest('hex').slice(0, 12)}`;
}

async function bundle(/** @type {import('esbuild').Plugin[]} */ plugins) {
  const result = await build({
    ...script,
    entryPoints: ['src/main.ts'],
    // The program is wherever its entry is: users know only the entry.
    define: { 'import.meta.filename': '__entry' },
    // What `require` would put around it when it is loaded.
    footer: { js: '})' },
    banner: {
      js: "(function(exports,require,module,__filename,__dirname,__asked){const __entry=require('node:path').join(__dirname,'main.js');",
    },
    plugins: [standaloneValidator(), leanDependencies(), pathIsMadeOnce(), promisesAreLoadedLate(), ...plugins],
    metafile: true,
  });
  const text = (/** @type {string} */ ending) => result.outputFiles.find((file) => file.path.endsWith(ending))?.text ?? '';
  // esbuild leaves regular expressions as they are.
  const program = text('main.js').replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return { program, notices: text('.LEGAL.txt').trim(), metafile: result.metafile };
}

/** Leaves every other command out, for which the entry loads the whole program, and what only a connector that is served loads. */
function onlyCommands(/** @type {string[]} */ files) {
  return {
    name: 'only-commands',
    setup(/** @type {import('esbuild').PluginBuild} */ build) {
      build.onResolve({ filter: /^\.\.?\/[^/]+\.ts$/ }, ({ path, importer, kind }) => {
        if (kind !== 'dynamic-import') return undefined;
        const isOther = importer.includes('/src/cli/commands/') && !files.includes(basename(path));
        const isUnserved = /\/src\/connectors\/[^/]+\/[^/]+\.ts$/.test(importer) && files !== bridge;
        return isOther || isUnserved ? { path, namespace: 'left-out' } : undefined;
      });
      build.onLoad({ filter: /.*/, namespace: 'left-out' }, () => ({ contents: '' }));
    },
  };
}

async function entry(/** @type {{ program: string, daily: string, hook: string, bridge: string }} */ programs) {
  const commands = { daily: Object.keys(daily), hook: Object.keys(hook) };
  const result = await build({
    ...script,
    entryPoints: ['src/entry.ts'],
    define: { programs: JSON.stringify(programs), commands: JSON.stringify(commands) },
    banner: { js: '#!/usr/bin/env node' },
  });
  return result.outputFiles[0]?.text ?? '';
}

/** The entry comes last, and what it names is never changed: whoever starts the command meanwhile finds the old one or the new one whole. */
async function publish(/** @type {[string, string | Buffer][]} */ files) {
  await mkdir(out, { recursive: true });
  for (const [file, text] of files) {
    const path = join(out, file);
    const fresh = `${path}.${process.pid}.tmp`;
    await writeFile(fresh, text);
    if (file === 'main.js') await chmod(fresh, 0o755);
    await rename(fresh, path);
  }
}

async function removeStale(/** @type {string[]} */ current) {
  const present = await readdir(out);
  for (const file of present)
    if (!current.includes(relative('.', file))) await rm(join(out, file), { force: true, recursive: true });
}
