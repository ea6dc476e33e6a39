/** What dependencies load, and this program does without: each is some part of a millisecond of every start. */
import { promises } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';

/** Texts within a module of a dependency, and what stands there instead. */
const replacements = [
  {
    // Commander can start commands that are programs of their own: here none is.
    module: /\/commander\/lib\/command\.js$/,
    text: "require('node:child_process')",
    instead: '{}',
  },
  {
    // Products of 64-bit integers by WebAssembly, which has to be set up first; dbus-next only has them read and written, and without it
    // they are made in JavaScript.
    module: /\/long\/src\/long\.js$/,
    text: 'new WebAssembly.Instance(',
    instead: 'null && new WebAssembly.Instance(',
  },
];

/** Modules that dbus-next loads, and what it gets. */
const substitutes = {
  // It asserts two things of what it is given to write; Node's own tells well of what failed, and is large.
  assert: `
    const assert = (value, message = 'not as it should be') => { if (!value) throw new Error(message); };
    assert.strictEqual = (actual, expected, message) => assert(Object.is(actual, expected), message);
    module.exports = assert;`,
  // Big integers where the language has none.
  jsbi: '',
  // A stand-in for what Node has had since version 6; it copies that property by property all the same.
  'safe-buffer': `module.exports = require('node:buffer');`,
};

export function leanDependencies() {
  return {
    name: 'lean-dependencies',
    setup(/** @type {import('esbuild').PluginBuild} */ build) {
      for (const { module, text, instead } of replacements) {
        build.onLoad({ filter: module }, async ({ path }) => {
          const contents = await readFile(path, 'utf8');
          if (!contents.includes(text)) throw new Error(`${path} does not load what it did before`);
          return { contents: contents.replace(text, () => instead) };
        });
      }
      for (const [name, contents] of Object.entries(substitutes)) {
        build.onResolve({ filter: new RegExp(`^${name}$`) }, ({ path, importer }) =>
          importer.includes('/dbus-next/') ? { path, namespace: 'substitute' } : undefined,
        );
        build.onLoad({ filter: new RegExp(`^${name}$`), namespace: 'substitute' }, () => ({ contents }));
      }
    },
  };
}

/** Every module that has it as a default import would otherwise get a copy of its own, made property by property. */
export function pathIsMadeOnce() {
  const names = Object.keys(path).join(', ');
  const contents = `const path = require('node:path');\nexport default path;\nexport const { ${names} } = path;\n`;
  return {
    name: 'path-is-made-once',
    setup(/** @type {import('esbuild').PluginBuild} */ build) {
      build.onResolve({ filter: /^node:path$/ }, ({ path: name, kind, namespace }) =>
        kind === 'import-statement' && namespace === 'file' ? { path: name, namespace: 'once' } : undefined,
      );
      build.onLoad({ filter: /.*/, namespace: 'once' }, () => ({ contents }));
    },
  };
}

/** What Node needs for files by promises: most commands that could use it do not get to it. */
export function promisesAreLoadedLate() {
  const functions = Object.entries(promises).flatMap(([name, value]) => (typeof value === 'function' ? [name] : []));
  const exports = functions.map((name) => `export const ${name} = (...given) => fs.promises.${name}(...given);`);
  const contents = `const fs = require('node:fs');\nexport const { constants } = fs;\n${exports.join('\n')}\n`;
  return {
    name: 'promises-are-loaded-late',
    setup(/** @type {import('esbuild').PluginBuild} */ build) {
      build.onResolve({ filter: /^(node:)?fs\/promises$/ }, ({ path }) => ({ path, namespace: 'late' }));
      build.onLoad({ filter: /.*/, namespace: 'late' }, () => ({ contents }));
    },
  };
}
