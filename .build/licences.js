import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Licence texts of every package of which a part is in the bundle, for `dist/THIRD-PARTY-LICENSES.txt`.
 * A package that states its licence but brings no text is listed with its statement.
 *
 * @param {string} root
 * @param {import('esbuild').Metafile} metafile
 * @param {string} legalComments notices found in the sources themselves
 */
export async function thirdPartyLicences(root, metafile, legalComments) {
  const sections = [];
  for (const folder of bundledPackages(metafile)) sections.push(await section(join(root, folder)));
  if (legalComments !== '') sections.push(`Notices in the sources of these packages\n\n${legalComments}\n`);
  const rule = `\n${'-'.repeat(100)}\n\n`;
  return ['Muster includes code of the following packages.\n', ...sections].join(rule);
}

/** Folders of packages, as `node_modules/NAME`, nested ones included. */
function bundledPackages(/** @type {import('esbuild').Metafile} */ metafile) {
  const folders = new Set();
  for (const output of Object.values(metafile.outputs)) {
    for (const [input, { bytesInOutput }] of Object.entries(output.inputs)) {
      const folder = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(input)?.[0];
      if (folder !== undefined && bytesInOutput > 0) folders.add(folder);
    }
  }
  // The generated validator is ajv's work even where it needs none of ajv's files.
  if (Object.keys(metafile.inputs).some((input) => input.endsWith('src/roster/validator.ts'))) folders.add('node_modules/ajv');
  return [...folders].sort();
}

async function section(/** @type {string} */ folder) {
  const { name, version, license: stated, author, homepage } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  const license = typeof stated === 'object' ? stated?.type : stated;
  const by = typeof author === 'object' ? author?.name : author;
  const head = [`${name} ${version}`, `Licence: ${license ?? 'see text'}`, by && `Author: ${by}`, homepage]
    .filter(Boolean)
    .join('\n');
  const file = (await readdir(folder)).find((entry) => /^(licen[cs]e|copying)(\.(md|txt))?$/i.test(entry));
  const text = file === undefined ? '' : `\n\n${(await readFile(join(folder, file), 'utf8')).trim()}`;
  if (text === '' && license === undefined) throw new Error(`${name}: no licence found; it may not be bundled`);
  return `${head}${text}\n`;
}
