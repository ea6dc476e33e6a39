import type { Diagnostic, DiagnosticCode, Place } from '../model/diagnostic.ts';
import type { Path } from '../model/roster.ts';
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

/** A kind of document, and what is said of it in words of its own. */
export interface Format {
  /** What a whole document is called, such as `the roster`. */
  readonly name: string;
  /** Keys of each block, by the block's name. */
  readonly keys: Readonly<Record<string, readonly string[]>>;
  /** Name of the block that a path stands for. */
  readonly blockOf: (path: Path) => string;
  /** Where else a key belongs; `null` where it is none at all. */
  readonly homeOf: (key: string) => string | null;
  /** What each pattern of the schema asks for. */
  readonly phrases: Readonly<Record<string, string>>;
  /** Says what is like nothing else; `null` where an error is no finding, `undefined` for all that is said below. */
  readonly special: (error: SchemaError, path: Path, judged: Judged) => Diagnostic | null | undefined;
}

/** The schema's findings, said for people. */
export function findingsOf(errors: readonly SchemaError[], judged: Judged, format: Format): Diagnostic[] {
  return errors.map((error) => findingOf(error, judged, format)).filter((one) => one !== null);
}

function findingOf(error: SchemaError, judged: Judged, format: Format): Diagnostic | null {
  const path = pathOf(error.instancePath, judged.root);
  const special = format.special(error, path, judged);
  if (special !== undefined) return special;
  switch (error.keyword) {
    case 'if':
      return null; // repeats what its branch says
    case 'additionalProperties':
      return unknownKey(path, textOf(error.params.additionalProperty), judged, format);
    case 'required':
      return missingKey(path, textOf(error.params.missingProperty), judged);
    case 'type':
      return wrongType(path, error.params.type, judged, format);
    case 'pattern':
      return error.propertyName === undefined ? wrongValue(path, phraseOf(error, format), judged, format) : null; // said by propertyNames
    case 'enum':
      return notListed(path, error.params.allowedValues, judged, format);
    default:
      return wrongValue(path, boundOf(error), judged, format);
  }
}

function unknownKey(path: Path, key: string, judged: Judged, format: Format): Diagnostic {
  const known = format.keys[format.blockOf(path)] ?? [];
  const near = nearest(key, known);
  const home = format.homeOf(key);
  const hint = near ? `did you mean \`${near}\`?` : home ? `${quoted(key)} belongs to ${home}` : `known here: ${listed(known)}`;
  return finding('roster/unknown-key', `unknown key ${quoted(key)}${blockName(path)}`, hint, keyPlace([...path, key], judged));
}

function missingKey(path: Path, key: string, judged: Judged): Diagnostic {
  return finding('roster/missing-key', `the key \`${key}\` is missing${blockName(path)}`, undefined, judged.locate(path));
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a block of keys',
};

function wrongType(path: Path, type: unknown, judged: Judged, format: Format): Diagnostic {
  const types = (Array.isArray(type) ? type : [type]).map(String);
  const value = valueAt(judged.root, path);
  const expected = types.map((name) => typeNames[name] ?? name).join(' or ');
  const { node } = nodeAt(judged.root, path);
  const written = judged.text.slice(node.start, node.end);
  // As it was written: a long number has lost its last digits by now.
  const seen =
    typeof value === 'number' && /^[\w.+-]{1,40}$/.test(written) ? `the number ${written}` : found(value, nameOf(path));
  const summary = `${label(path, format)}: expected ${expected}, found ${seen}`;
  return finding('roster/type', summary, typeHint(types, value, path, written), judged.locate(path));
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

function wrongValue(path: Path, expected: string, judged: Judged, format: Format): Diagnostic {
  const value = valueAt(judged.root, path);
  return finding(
    'roster/value',
    `${label(path, format)}: ${found(value, nameOf(path))} is not allowed`,
    `expected ${expected}`,
    judged.locate(path),
  );
}

function notListed(path: Path, allowed: unknown, judged: Judged, format: Format): Diagnostic {
  const value = valueAt(judged.root, path);
  const words = Array.isArray(allowed) ? allowed.map(String) : [];
  const near = typeof value === 'string' ? nearest(value, words) : null;
  const summary = `${label(path, format)}: expected ${words.map((word) => `\`${word}\``).join(' or ')}, found ${found(value, nameOf(path))}`;
  return finding('roster/value', summary, near ? `did you mean \`${near}\`?` : undefined, judged.locate(path));
}

const phraseOf = (error: SchemaError, format: Format): string =>
  format.phrases[textOf(error.params.pattern)] ?? 'another spelling';

function boundOf(error: SchemaError): string {
  const limit = String(error.params.limit);
  if (error.keyword === 'minimum') return `${limit} or more`;
  if (error.keyword === 'maximum') return `${limit} or less`;
  if (error.keyword === 'minItems') return `at least ${limit} item${limit === '1' ? '' : 's'}`;
  return 'another value';
}

/** `class`, `args[1]`: enough beside a place. */
function label(path: Path, format: Format): string {
  const last = path.at(-1);
  return last === undefined ? format.name : named(path, last);
}

function named(path: Path, last: string | number): string {
  return typeof last === 'number' ? `${String(path.at(-2))}[${last}]` : /^[\w-]{1,64}$/.test(last) ? last : quoted(last);
}

const nameOf = (path: Path): string => String([...path].reverse().find((step) => typeof step === 'string') ?? '');

function blockName(path: Path): string {
  const last = path.at(-1);
  if (last === undefined) return '';
  return typeof last === 'number' ? ' of an agent' : ` in ${named(path, last)}`;
}

export function keyPlace(path: Path, judged: Judged): Place {
  const { key, exact } = nodeAt(judged.root, path);
  return exact && key ? judged.placeOf(key) : judged.locate(path);
}

export function valueAt(root: Written, path: Path): unknown {
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

export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

export function finding(code: DiagnosticCode, summary: string, hint: string | undefined, place: Place): Diagnostic {
  return { severity: 'error', code, summary, ...(hint === undefined ? {} : { hint }), place };
}
