import type { Diagnostic, DiagnosticCode, Place } from '../model/diagnostic.ts';
import type { Path } from '../model/roster.ts';
import { blockOf, homeOf, knownKeys } from './keys.ts';
import { patternPhrases } from './patterns.ts';
import { credentialUnder } from './secret-shape.ts';
import type { SchemaError } from './validator.ts';
import { found, listed, nearest, quoted } from './wording.ts';
import { nodeAt, type Span, type Written } from './written.ts';

/** A document under judgement: where its values stand, and the text that they were written as. */
export interface Judged {
  readonly root: Written;
  readonly text: string;
  readonly placeOf: (span: Span) => Place;
  readonly locate: (path: Path) => Place;
}

/** The schema's findings, said for people. */
export function findingsOf(errors: readonly SchemaError[], judged: Judged): Diagnostic[] {
  return errors.map((error) => findingOf(error, judged)).filter((finding) => finding !== null);
}

function findingOf(error: SchemaError, judged: Judged): Diagnostic | null {
  const path = pathOf(error.instancePath, judged.root);
  switch (error.keyword) {
    case 'if':
      return null; // repeats what its branch says
    case 'additionalProperties':
      return unknownKey(path, textOf(error.params.additionalProperty), judged);
    case 'propertyNames':
      return badName(path, textOf(error.params.propertyName), judged);
    case 'required':
      return missingKey(path, textOf(error.params.missingProperty), judged);
    case 'const':
      return wrongVersion(path, judged);
    case 'false schema':
      return strayBlock(path, judged);
    case 'type':
      return wrongType(path, error.params.type, judged);
    case 'pattern':
      return error.propertyName === undefined ? wrongValue(path, phraseOf(error), judged) : null; // said by propertyNames
    case 'enum':
      return notListed(path, error.params.allowedValues, judged);
    default:
      return wrongValue(path, boundOf(error), judged);
  }
}

function unknownKey(path: Path, key: string, judged: Judged): Diagnostic | null {
  if (blockOf(path) === 'connector' && valueAt(judged.root, ['connector', 'kind']) === key) return null; // admission judges the kind
  const known = knownKeys[blockOf(path)] ?? [];
  const near = nearest(key, known);
  const home = homeOf(key);
  const hint = near ? `did you mean \`${near}\`?` : home ? `${quoted(key)} belongs to ${home}` : `known here: ${listed(known)}`;
  return at('roster/unknown-key', `unknown key ${quoted(key)}${blockName(path)}`, hint, keyPlace([...path, key], judged));
}

function badName(path: Path, key: string, judged: Judged): Diagnostic {
  const phrase = path.at(-1) === 'env' ? 'letters, digits and underscores, not starting with a digit' : phraseOfName;
  const said = `${quoted(key)} cannot be the name of ${path.at(-1) === 'env' ? 'a variable' : 'a runtime'}`;
  return at('roster/value', said, `names are ${phrase}`, keyPlace([...path, key], judged));
}

function missingKey(path: Path, key: string, judged: Judged): Diagnostic {
  if (key === 'operators') return unnamedOperators(judged);
  const hint = key === 'version' ? 'write `version: 1`' : undefined;
  return at('roster/missing-key', `the key \`${key}\` is missing${blockName(path)}`, hint, judged.locate(path));
}

function unnamedOperators(judged: Judged): Diagnostic {
  const summary = `the ${String(valueAt(judged.root, ['connector', 'kind']))} connector names no operators`;
  const hint = 'add `operators: […]` with the ids of those who may speak; an empty list admits nobody';
  return at('connector/operators', summary, hint, judged.locate(['connector', 'kind']));
}

function wrongVersion(path: Path, judged: Judged): Diagnostic {
  const value = valueAt(judged.root, path);
  const hint = value === '1' ? 'write `version: 1`, without quotes' : 'this version of Muster reads rosters of `version: 1`';
  return at('roster/version', `version: expected the number 1, found ${found(value, 'version')}`, hint, judged.locate(path));
}

function strayBlock(path: Path, judged: Judged): Diagnostic {
  const kind = valueAt(judged.root, ['connector', 'kind']);
  const summary = `a \`${String(path.at(-1))}\` block in a connector of kind ${quoted(String(kind))}`;
  return at('connector/shape', summary, 'take the block out, or change the kind', keyPlace(path, judged));
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a block of keys',
};

function wrongType(path: Path, type: unknown, judged: Judged): Diagnostic {
  const types = (Array.isArray(type) ? type : [type]).map(String);
  const value = valueAt(judged.root, path);
  const expected = types.map((name) => typeNames[name] ?? name).join(' or ');
  const { node } = nodeAt(judged.root, path);
  const written = judged.text.slice(node.start, node.end);
  // As it was written: a long number has lost its last digits by now.
  const seen =
    typeof value === 'number' && /^[\w.+-]{1,40}$/.test(written) ? `the number ${written}` : found(value, nameOf(path));
  const summary = `${label(path)}: expected ${expected}, found ${seen}`;
  return at('roster/type', summary, typeHint(types, value, path, written), judged.locate(path));
}

function typeHint(types: readonly string[], value: unknown, path: Path, written: string): string | undefined {
  if (value === null) return 'give it a value, or leave the key out';
  if (types.includes('string') && (typeof value === 'number' || typeof value === 'boolean')) {
    return credentialUnder(nameOf(path), written) === null ? `put it in quotes: ${quoted(written)}` : 'put it in quotes';
  }
  if (typeof value !== 'string') return undefined;
  if (types.includes('integer') && /^\d+$/.test(value)) return 'take the quotes away';
  if (types.includes('boolean') && /^(?:y|yes|on|true)$/i.test(value)) return 'write `true`';
  if (types.includes('boolean') && /^(?:n|no|off|false)$/i.test(value)) return 'write `false`';
  if (types.includes('array')) return 'write a list: `[…]`, or one item per line, each after a dash';
  return undefined;
}

function wrongValue(path: Path, expected: string, judged: Judged): Diagnostic {
  const value = valueAt(judged.root, path);
  return at(
    'roster/value',
    `${label(path)}: ${found(value, nameOf(path))} is not allowed`,
    `expected ${expected}`,
    judged.locate(path),
  );
}

function notListed(path: Path, allowed: unknown, judged: Judged): Diagnostic {
  const value = valueAt(judged.root, path);
  const words = Array.isArray(allowed) ? allowed.map(String) : [];
  const near = typeof value === 'string' ? nearest(value, words) : null;
  const summary = `${label(path)}: expected ${words.map((word) => `\`${word}\``).join(' or ')}, found ${found(value, nameOf(path))}`;
  return at('roster/value', summary, near ? `did you mean \`${near}\`?` : undefined, judged.locate(path));
}

const phraseOfName = 'lower-case letters, digits and dashes, at most 63, starting with a letter or digit';

const phraseOf = (error: SchemaError): string => patternPhrases[textOf(error.params.pattern)] ?? 'another spelling';

function boundOf(error: SchemaError): string {
  const limit = String(error.params.limit);
  if (error.keyword === 'minimum') return `${limit} or more`;
  if (error.keyword === 'maximum') return `${limit} or less`;
  if (error.keyword === 'minItems') return `at least ${limit} item${limit === '1' ? '' : 's'}`;
  return 'another value';
}

/** `class`, `args[1]`: enough beside a place. */
function label(path: Path): string {
  const last = path.at(-1);
  if (last === undefined) return 'the roster';
  return typeof last === 'number' ? `${String(path.at(-2))}[${last}]` : /^[\w-]{1,64}$/.test(last) ? last : quoted(last);
}

const nameOf = (path: Path): string => String([...path].reverse().find((step) => typeof step === 'string') ?? '');

function blockName(path: Path): string {
  const last = path.at(-1);
  if (last === undefined) return '';
  return typeof last === 'number' ? ' of an agent' : ` in ${label(path)}`;
}

function keyPlace(path: Path, judged: Judged): Place {
  const { key, exact } = nodeAt(judged.root, path);
  return exact && key ? judged.placeOf(key) : judged.locate(path);
}

function valueAt(root: Written, path: Path): unknown {
  const { node, exact } = nodeAt(root, path);
  if (!exact) return undefined;
  if (node.kind === 'scalar') return node.value;
  return node.kind === 'list' ? [] : {};
}

/** JSON Pointer to path; a step is an index where the document has a list. */
function pathOf(pointer: string, root: Written): Path {
  const steps: (string | number)[] = [];
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    steps.push(nodeAt(root, steps).node.kind === 'list' ? Number(key) : key);
  }
  return steps;
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

function at(code: DiagnosticCode, summary: string, hint: string | undefined, place: Place): Diagnostic {
  return { severity: 'error', code, summary, ...(hint === undefined ? {} : { hint }), place };
}
