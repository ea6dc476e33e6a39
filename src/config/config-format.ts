import type { Diagnostic } from '../model/diagnostic.ts';
import type { Path } from '../model/roster.ts';
import { type Format, finding, type Judged, keyPlace, valueAt } from '../roster/findings.ts';
import type { SchemaError } from '../roster/validator.ts';
import { found } from '../roster/wording.ts';
import { patternPhrases } from './patterns.ts';

/** Keys of each block of `controller.yaml`. A test holds them to the schema. */
export const configKeys: Format['keys'] = {
  '': [
    'format_version',
    'repository',
    'remote',
    'ref',
    'rosters',
    'worktree',
    'fast_forward_only',
    'signatures',
    'health',
    'resync',
    'metrics',
    'notes',
    'hook',
  ],
  remote: ['url', 'interval'],
  signatures: ['format', 'allowed_signers', 'home'],
  health: ['deadline', 'stable'],
};

/** What is said of `controller.yaml` in words of its own. */
export const configFormat: Format = {
  name: 'this file',
  keys: configKeys,
  blockOf: (path) => path.join('.'),
  homeOf,
  phrases: patternPhrases,
  special,
};

function homeOf(key: string): string | null {
  const home = Object.entries(configKeys).find(([, keys]) => keys.includes(key))?.[0];
  return home === undefined ? null : home === '' ? 'the top level' : `\`${home}\``;
}

function special(error: SchemaError, path: Path, judged: Judged): Diagnostic | null | undefined {
  switch (error.keyword) {
    case 'not':
      return judged.root.kind === 'map' ? twoRepositories(judged) : null;
    case 'false schema':
      return otherFormat(path, judged);
    case 'enum':
      return path[0] === 'format_version' ? otherVersion(path, judged) : undefined;
    default:
      return undefined;
  }
}

function twoRepositories(judged: Judged): Diagnostic {
  const hint = '`repository` is read where it is, `remote` is fetched into a repository of the controller: keep one of the two';
  return finding('config/value', 'both a repository and a remote to follow', hint, keyPlace(['remote'], judged));
}

function otherVersion(path: Path, judged: Judged): Diagnostic {
  const summary = `format_version: expected "1.0", found ${found(valueAt(judged.root, path), 'format_version')}`;
  return finding('config/value', summary, 'this version of Muster reads files of format "1.0"', judged.locate(path));
}

function otherFormat(path: Path, judged: Judged): Diagnostic {
  const format = String(valueAt(judged.root, ['signatures', 'format']));
  const summary = `\`${String(path.at(-1))}\` says nothing about signatures of format ${format}`;
  return finding('config/value', summary, 'take it out, or change the format', keyPlace(path, judged));
}
