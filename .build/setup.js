/**
 * Installs what building, testing and the quickstart need, and nothing that is there already: npm packages by the lock
 * file, and programs from Debian when this is a Debian machine and we are root. Uses nothing but Node itself.
 *
 *     node .build/setup.js        everything
 *     node .build/setup.js npm    only npm packages
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Program or file, and the Debian package that brings it. */
const needed = [
  { what: 'git', package: 'git' },
  { what: 'tmux', package: 'tmux' },
  { what: 'unshare', package: 'util-linux' },
  { what: 'systemctl', package: 'systemd' },
  { what: 'dbus-daemon', package: 'dbus-daemon' },
  { what: '/usr/lib/systemd/user/dbus.socket', package: 'dbus-user-session' },
];

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.exitCode = (process.argv[2] === 'npm' ? installPackages() : setUp()) ? 0 : 1;
}

/** Whether everything is there now; what is not has been said on standard error. */
export function setUp() {
  const packages = installPackages();
  const programs = installPrograms();
  return packages && programs;
}

function installPackages() {
  if (packagesAreCurrent()) return true;
  console.error('Installing npm packages…');
  if (run('npm', ['ci', '--ignore-scripts']) || run('npm', ['install', '--ignore-scripts', '--no-save'])) return true;
  console.error('npm packages could not be installed. Is a registry reachable? Try: npm ci');
  return false;
}

/** Compares the lock file with the one that npm leaves in `node_modules`; packages for other platforms are not there. */
function packagesAreCurrent() {
  const wanted = lockedPackages(join(root, 'package-lock.json'));
  const present = lockedPackages(join(root, 'node_modules', '.package-lock.json'));
  return Object.entries(wanted)
    .filter(([path, { optional }]) => path !== '' && !optional)
    .every(([path, { version }]) => present[path]?.version === version);
}

/** @returns {Record<string, { version: string, optional?: boolean }>} */
function lockedPackages(/** @type {string} */ file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).packages : {};
}

function installPrograms() {
  let missing = missingPrograms();
  if (missing.length > 0 && process.getuid?.() === 0 && isPresent('apt-get')) {
    const packages = [...new Set(missing.map((entry) => entry.package))];
    console.error(`Installing Debian packages: ${packages.join(' ')}…`);
    const install = ['install', '--yes', '--no-install-recommends', ...packages];
    if (!run('apt-get', ['--quiet', ...install]))
      run('apt-get', ['--quiet', 'update']) && run('apt-get', ['--quiet', ...install]);
    missing = missingPrograms();
  }
  for (const entry of missing) console.error(`Missing: ${entry.what} (Debian package ${entry.package})`);
  if (missing.length > 0) console.error(`Install as root: apt-get install ${missing.map((entry) => entry.package).join(' ')}`);
  return missing.length === 0;
}

function missingPrograms() {
  return needed.filter(({ what }) => !isPresent(what));
}

function isPresent(/** @type {string} */ what) {
  if (what.startsWith('/')) return existsSync(what);
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin', '/usr/sbin', '/bin'];
  return folders.some((folder) => {
    try {
      accessSync(join(folder, what), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function run(/** @type {string} */ command, /** @type {string[]} */ args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  // Standard output belongs to whoever called: progress of an installation is no result.
  return spawnSync(command, args, { cwd: root, env, stdio: ['ignore', 2, 2] }).status === 0;
}
