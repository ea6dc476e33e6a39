/**
 * What a user would install: publint's rules, the files that must be in it, those that must not, its size, and that it
 * runs where there is no `node_modules`.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
// A good part of it stands there several times: a program for each command that somebody waits for.
const limits = { packedKiB: 1100, unpackedKiB: 3300 };
const required = [
  'dist/main.js',
  'dist/muster.1',
  'dist/THIRD-PARTY-LICENSES.txt',
  'rosters/roster.schema.json',
  'rosters/controller.schema.json',
  'LICENSE',
  'README.md',
  'CHANGELOG.md',
];
const requiredFolders = ['units/', 'rosters/presets/', 'rosters/roles/', 'rosters/ci/'];
const forbidden = /^(src|test|docs|node_modules|\.build)\/|\.map$|\.tmp$/;

const findings = [...publint(), ...packed()];
for (const finding of findings) console.log(finding);
process.exitCode = findings.length > 0 ? 1 : 0;

function publint() {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['node_modules/publint/src/cli.js', '--strict', '--pack', 'false'],
    { cwd: root, encoding: 'utf8' },
  );
  return status === 0 || status === 3 ? [] : [`${stdout}${stderr}`.trim()];
}

function packed() {
  const { status, stdout, stderr } = spawnSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: root,
    encoding: 'utf8',
  });
  if (status !== 0) return [`npm pack failed: ${stderr.trim()}`];
  const answer = JSON.parse(stdout);
  const [{ files, size, unpackedSize }] = Array.isArray(answer) ? answer : Object.values(answer);
  const paths = files.map((/** @type {{ path: string }} */ file) => file.path);
  console.log(`${paths.length} files, ${Math.ceil(size / 1024)} KiB packed, ${Math.ceil(unpackedSize / 1024)} KiB unpacked`);
  return [
    ...required.filter((path) => !paths.includes(path)).map((path) => `missing in the package: ${path}`),
    ...requiredFolders
      .filter((folder) => !paths.some((path) => path.startsWith(folder)))
      .map((folder) => `empty in the package: ${folder}`),
    ...paths.filter((path) => forbidden.test(path)).map((path) => `does not belong in the package: ${path}`),
    ...manuals(paths),
    ...alone(paths),
    ...(size > limits.packedKiB * 1024 ? [`packed size is over ${limits.packedKiB} KiB`] : []),
    ...(unpackedSize > limits.unpackedKiB * 1024 ? [`unpacked size is over ${limits.unpackedKiB} KiB`] : []),
  ];
}

/** npm links them only where they are a list. */
function manuals(/** @type {string[]} */ paths) {
  const { man } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return Array.isArray(man) && man.every((path) => paths.includes(path))
    ? []
    : ['man in package.json is no list of files in the package'];
}

/** Loads every script of a copy that has nothing but the package's own files around it. */
function alone(/** @type {string[]} */ paths) {
  const copy = mkdtempSync(join(tmpdir(), 'muster-package-'));
  try {
    for (const path of paths) cpSync(join(root, path), join(copy, path));
    const runs = [
      ['dist/main.js', '--version'],
      ['dist/main.js', 'validate', '--worktree', '--rosters', 'rosters/presets'],
    ];
    return runs.flatMap((args) => {
      const { status, stderr } = spawnSync(process.execPath, args, { cwd: copy, encoding: 'utf8' });
      return status === 0 || status === 3 ? [] : [`does not run without node_modules: ${stderr.trim().slice(0, 2000)}`];
    });
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}
