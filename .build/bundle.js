/**
 * Bundles `src/main.ts` into `dist/`, so that the installed command needs no `node_modules` and starts fast.
 *
 * `dist/main.js` is the command: a few lines that load `program-DIGEST.js` together with the code that V8 has made of it
 * already (`program-DIGEST.cache`). One CommonJS file, because Node 20 can keep compiled code for scripts and not for
 * modules, and because every module file costs a start some milliseconds; commands are still evaluated only when they run.
 *
 *     node .build/bundle.js
 */
import { createHash } from 'node:crypto';
import { chmod, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

import { makeCodeCache } from './code-cache.js';
import { thirdPartyLicences } from './licences.js';
import { standaloneValidator } from './standalone-validator.js';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const out = join(root, 'dist');

const { program, notices, metafile } = await bundle().catch(() => process.exit(1)); // esbuild has said why
const name = `program-${createHash('sha256').update(program).digest('hex').slice(0, 12)}`;
await publish([
  ['package.json', '{ "type": "commonjs" }\n'],
  ['THIRD-PARTY-LICENSES.txt', await thirdPartyLicences(root, metafile, notices)],
  [`${name}.js`, program],
  ['main.js', entry(name)],
]);
const cache = await makeCodeCache(root, join(out, `${name}.js`), join(out, `${name}.cache`));
await removeStale(['package.json', 'THIRD-PARTY-LICENSES.txt', `${name}.js`, `${name}.cache`, 'main.js']);
const size = (/** @type {number} */ bytes) => `${Math.ceil(bytes / 1024)} KiB`;
console.log(
  `${basename(out)}/: program ${size(Buffer.byteLength(program))}, ${cache === null ? 'no code cache' : `code cache ${size(cache)}`}`,
);

async function bundle() {
  const result = await build({
    absWorkingDir: root,
    entryPoints: ['src/main.ts'],
    outdir: out,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20.19',
    minify: true,
    legalComments: 'external',
    // One byte a character: that is how the entry reads it.
    charset: 'ascii',
    // The program is wherever its entry is: users know only the entry.
    define: { 'import.meta.url': '__entryUrl' },
    banner: { js: "const __entryUrl=require('node:url').pathToFileURL(require('node:path').join(__dirname,'main.js')).href;" },
    plugins: [standaloneValidator()],
    metafile: true,
    write: false,
    logLevel: 'warning',
  });
  const text = (/** @type {string} */ ending) => result.outputFiles.find((file) => file.path.endsWith(ending))?.text ?? '';
  // esbuild leaves regular expressions as they are.
  const program = text('main.js').replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return { program, notices: text('.LEGAL.txt').trim(), metafile: result.metafile };
}

/** What `node:vm` refuses of a cache (another version of V8, say) it compiles as if there were none. */
function entry(/** @type {string} */ name) {
  return `#!/usr/bin/env node
'use strict';
const { readFileSync } = require('node:fs');
const { wrap } = require('node:module');
const { join } = require('node:path');
const { Script } = require('node:vm');
const filename = join(__dirname, '${name}.js');
let cachedData;
try {
  cachedData = readFileSync(join(__dirname, '${name}.cache'));
} catch {}
new Script(wrap(readFileSync(filename, 'latin1')), { filename, cachedData }).runInThisContext()(exports, require, module, filename, __dirname);
`;
}

/** The entry comes last, and what it names is never changed: whoever starts the command meanwhile finds the old one or the new one whole. */
async function publish(/** @type {[string, string][]} */ files) {
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
