/**
 * Bundles `src/main.ts` into `dist/`, so that the installed command needs no `node_modules` and starts fast.
 *
 * `dist/main.js` is the command, made of `src/entry.ts`: it loads a program together with the code that V8 has made of it for that command. Each
 * program is one CommonJS script, because Node 20 can keep compiled code for scripts and not for modules, and because every
 * file costs a start some milliseconds; commands are still evaluated only when they run. A start also pays for what it only carries:
 * commands that somebody waits for have a program each, `connector serve`, which stays beside each fleet, has `bridge-DIGEST.js`, and
 * `program-DIGEST.js` has all. What reads a roster that is not written plainly is `yaml-DIGEST.js`: programs that end soon load it when they meet one.
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

/** The command of each program that has but one: its file in `src/cli`. */
const lone = {
  validate: 'validate.ts',
  plan: 'plan.ts',
  apply: 'apply.ts',
  ps: 'ps.ts',
  heartbeat: 'heartbeat.ts',
  bridge: 'connector-serve.ts',
};

/** @type {import('esbuild').BuildOptions & { write: false }} */
const script = {
  absWorkingDir: root,
  outdir: out,
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node20.19',
  // A script that `node:vm` evaluates has nothing that would import for it: what is loaded late is required late.
  supported: { 'dynamic-import': false },
  minify: true,
  legalComments: 'external',
  // One byte a character: that is how the entry reads it.
  charset: 'ascii',
  write: false,
  logLevel: 'warning',
};

const whole = await bundle([]);
const yaml = await fullYamlReader();
const yamlName = nameOf('yaml', yaml);
/** @type {[string, string][]} */
const texts = [['program', whole.program]];
for (const [name, file] of Object.entries(lone)) texts.push([name, (await bundle([onlyCommand(file)])).program]);
/** @type {Record<string, string>} */
const names = Object.fromEntries(texts.map(([name, text]) => [name, nameOf(name, text)]));
await publish([
  ['package.json', '{ "type": "commonjs" }\n'],
  ['THIRD-PARTY-LICENSES.txt', await thirdPartyLicences(root, whole.metafile, whole.notices)],
  .../** @type {[string, string][]} */ (texts.map(([name, text]) => [`${names[name]}.js`, text])),
  [`${yamlName}.js`, yaml],
  ['main.js', await entry(names)],
]);
await publish([['muster.1', manual()]]);
// What starts once, as a bridge does, has no need of a quick start.
/** @type {(Omit<import('./code-cache.js').Recording, 'program'> & { of: string, part?: string })[]} */
const recordings = [
  { of: 'program', commands: [['validate'], ['plan'], ['ps'], ['--help']] },
  { of: 'validate', commands: [['validate']] },
  { of: 'plan', commands: [['plan']] },
  { of: 'apply', commands: [['apply', '--yes']] },
  { of: 'ps', commands: [['ps']] },
  { of: 'ps', part: '-asking', commands: [['ps']], beside: 'controller' },
  { of: 'heartbeat', commands: [['heartbeat', '--state', 'busy']], inPane: true },
];
const caches = makeCodeCaches(
  join(out, 'main.js'),
  recordings.map(({ of, ...recording }) => ({ ...recording, program: join(out, `${names[of]}.js`) })),
);
const cacheNames = recordings.map(({ of, part = '' }) => `${names[of]}${part}.cache`);
await publish(caches.map((bytes, index) => [cacheNames[index] ?? '', bytes]));
await removeStale([
  'package.json',
  'THIRD-PARTY-LICENSES.txt',
  'main.js',
  'muster.1',
  ...[...Object.values(names), yamlName].map((name) => `${name}.js`),
  ...cacheNames,
]);
const kib = (/** @type {(string | Buffer)[]} */ all) => all.map((each) => Math.ceil(Buffer.byteLength(each) / 1024)).join(', ');
console.log(
  `${basename(out)}/, in KiB: programs ${kib([...texts.map(([, text]) => text), yaml])}; code caches ${kib(caches) || 'none'}`,
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
  }).catch(() => process.exit(1)); // esbuild has said why
  const text = (/** @type {string} */ ending) => result.outputFiles.find((file) => file.path.endsWith(ending))?.text ?? '';
  return { program: inAscii(text('main.js')), notices: text('.LEGAL.txt').trim(), metafile: result.metafile };
}

async function fullYamlReader() {
  const result = await build({ ...script, entryPoints: ['src/roster/read-yaml.ts'], legalComments: 'none' });
  return inAscii(result.outputFiles[0]?.text ?? '');
}

/** esbuild leaves regular expressions as they are. */
function inAscii(/** @type {string} */ text) {
  return text.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Leaves every other command out, for which the entry loads another program, and what only a connector that is served loads. */
function onlyCommand(/** @type {string} */ file) {
  return {
    name: 'only-command',
    setup(/** @type {import('esbuild').PluginBuild} */ build) {
      build.onResolve({ filter: /^\.\.?\/[^/]+\.ts$/ }, ({ path, importer, kind }) => {
        if (kind !== 'dynamic-import') return undefined;
        // `ps --watch` stays, and may outlive the files of its installation.
        if (basename(path) === 'read-yaml.ts' && file !== lone.ps) return { path: `./${yamlName}.js`, external: true };
        const isOther = importer.includes('/src/cli/commands/') && basename(path) !== file;
        const isUnserved = /\/src\/connectors\/[^/]+\/[^/]+\.ts$/.test(importer) && file !== lone.bridge;
        return isOther || isUnserved ? { path, namespace: 'left-out' } : undefined;
      });
      build.onLoad({ filter: /.*/, namespace: 'left-out' }, () => ({ contents: '' }));
    },
  };
}

async function entry(/** @type {Record<string, string>} */ { program, bridge, ...commands }) {
  const own = { ...commands, status: commands.ps, 'connector serve': bridge };
  const result = await build({
    ...script,
    entryPoints: ['src/entry.ts'],
    define: { own: JSON.stringify(own), whole: JSON.stringify(program) },
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
