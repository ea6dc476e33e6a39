/**
 * Bundles `src/main.ts` into `dist/`, so that the installed command needs no `node_modules` and starts fast.
 * ES modules with code splitting: each lazily imported command is a file of its own, read only when asked for.
 *
 *     node .build/bundle.js
 */
import { chmod, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

import { thirdPartyLicences } from './licences.js';
import { standaloneValidator } from './standalone-validator.js';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const out = join(root, 'dist');

const { files, metafile } = await bundle().catch(() => process.exit(1)); // esbuild has said why
files.set('main.js', executable(files.get('main.js') ?? ''));
files.set('THIRD-PARTY-LICENSES.txt', await thirdPartyLicences(root, metafile, legalComments(files)));
await publish(files);
report(files);

/** CommonJS packages call `require` for Node's own modules; an ES module has none until it makes one. */
function requireBanner() {
  return "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);";
}

async function bundle() {
  const result = await build({
    absWorkingDir: root,
    entryPoints: ['src/main.ts'],
    outdir: out,
    bundle: true,
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    minify: true,
    legalComments: 'external',
    banner: { js: requireBanner() },
    plugins: [standaloneValidator()],
    metafile: true,
    write: false,
    logLevel: 'warning',
  });
  /** @type {Map<string, string>} */
  const files = new Map();
  for (const file of result.outputFiles) files.set(relative(out, file.path).split(sep).join('/'), file.text);
  return { files, metafile: result.metafile };
}

function executable(/** @type {string} */ text) {
  return text.startsWith('#!') ? text : `#!/usr/bin/env node\n${text}`;
}

/** Takes the notices that esbuild put beside each chunk out of the set and gives them back as one text. */
function legalComments(/** @type {Map<string, string>} */ files) {
  const notices = new Set();
  for (const [name, text] of files) {
    if (!name.endsWith('.LEGAL.txt')) continue;
    notices.add(text.trim());
    files.delete(name);
  }
  return [...notices].sort().join('\n\n');
}

/**
 * Chunks carry their digest in their names, so they are added first, the entry is swapped in one step, and only then
 * does what no entry names any more go: whoever starts the command meanwhile finds the old one or the new one whole.
 */
async function publish(/** @type {Map<string, string>} */ files) {
  await mkdir(join(out, 'chunks'), { recursive: true });
  const entry = 'main.js';
  for (const name of [...files.keys()].filter((name) => name !== entry).concat(entry)) {
    const path = join(out, name);
    const fresh = `${path}.${process.pid}.tmp`;
    await writeFile(fresh, files.get(name) ?? '');
    if (name === entry) await chmod(fresh, 0o755);
    await rename(fresh, path);
  }
  for (const stale of await staleFiles(files)) await rm(stale, { force: true, recursive: true });
}

async function staleFiles(/** @type {Map<string, string>} */ files) {
  const present = await readdir(out, { recursive: true, withFileTypes: true });
  return present
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !files.has(relative(out, path).split(sep).join('/')));
}

function report(/** @type {Map<string, string>} */ files) {
  const scripts = [...files].filter(([name]) => name.endsWith('.js'));
  const size = (/** @type {string} */ text) => `${Math.ceil(Buffer.byteLength(text) / 1024)} KiB`;
  const total = scripts.reduce((sum, [, text]) => sum + text, '');
  const entry = files.get('main.js') ?? '';
  console.log(`${basename(out)}/: ${scripts.length} scripts, ${size(total)}; main.js ${size(entry)}`);
}
