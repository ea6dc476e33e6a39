import type { Diagnostic } from '../model/diagnostic.ts';
import type { Path } from '../model/roster.ts';
import { type Format, finding, type Judged, keyPlace, textOf, valueAt } from './findings.ts';
import { blockOf, homeOf, knownKeys } from './keys.ts';
import { patternPhrases } from './patterns.ts';
import type { SchemaError } from './validator.ts';
import { found, quoted } from './wording.ts';

/** What is said of rosters in words of their own. */
export const rosterFormat: Format = { name: 'the roster', keys: knownKeys, blockOf, homeOf, phrases: patternPhrases, special };

function special(error: SchemaError, path: Path, judged: Judged): Diagnostic | null | undefined {
  switch (error.keyword) {
    case 'additionalProperties':
      return servesKind(path, textOf(error.params.additionalProperty), judged) ? null : undefined;
    case 'propertyNames':
      return badName(path, textOf(error.params.propertyName), judged);
    case 'required':
      return missing(path, textOf(error.params.missingProperty), judged);
    case 'const':
      return wrongVersion(path, judged);
    case 'false schema':
      return strayBlock(path, judged);
    default:
      return undefined;
  }
}

/** The block of the connector's own kind: admission judges whether there is such a kind. */
const servesKind = (path: Path, key: string, judged: Judged): boolean =>
  blockOf(path) === 'connector' && valueAt(judged.root, ['connector', 'kind']) === key;

const phraseOfName = 'lower-case letters, digits and dashes, at most 63, starting with a letter or digit';

function badName(path: Path, key: string, judged: Judged): Diagnostic {
  const phrase = path.at(-1) === 'env' ? 'letters, digits and underscores, not starting with a digit' : phraseOfName;
  const said = `${quoted(key)} cannot be the name of ${path.at(-1) === 'env' ? 'a variable' : 'a runtime'}`;
  return finding('roster/value', said, `names are ${phrase}`, keyPlace([...path, key], judged));
}

function missing(path: Path, key: string, judged: Judged): Diagnostic | undefined {
  if (key === 'operators') return unnamedOperators(judged);
  if (key !== 'version') return undefined;
  return finding('roster/missing-key', 'the key `version` is missing', 'write `version: 1`', judged.locate(path));
}

function unnamedOperators(judged: Judged): Diagnostic {
  const summary = `the ${String(valueAt(judged.root, ['connector', 'kind']))} connector names no operators`;
  const hint = 'add `operators: […]` with the ids of those who may speak; an empty list admits nobody';
  return finding('connector/operators', summary, hint, judged.locate(['connector', 'kind']));
}

function wrongVersion(path: Path, judged: Judged): Diagnostic {
  const value = valueAt(judged.root, path);
  const hint = value === '1' ? 'write `version: 1`, without quotes' : 'this version of Muster reads rosters of `version: 1`';
  return finding('roster/version', `version: expected the number 1, found ${found(value, 'version')}`, hint, judged.locate(path));
}

function strayBlock(path: Path, judged: Judged): Diagnostic {
  const kind = valueAt(judged.root, ['connector', 'kind']);
  const summary = `a \`${String(path.at(-1))}\` block in a connector of kind ${quoted(String(kind))}`;
  return finding('connector/shape', summary, 'take the block out, or change the kind', keyPlace(path, judged));
}
