import type { Quote } from './layout.ts';

export type Scalar = string | number | boolean;

/** A value as YAML, in the quotes that are asked for; a text that would be read as something else without any gets double ones. */
export function scalarText(value: Scalar, quote: Quote): string {
  if (typeof value !== 'string') return String(value);
  if (quote === 'single' && isPrintable(value)) return `'${value.replaceAll("'", "''")}'`;
  return quote === 'plain' && isPlain(value) ? value : doubleQuoted(value);
}

/** JSON is YAML but for the characters that YAML does not allow, and the mark that is taken away at the start of a text. */
export const doubleQuoted = (value: string): string =>
  JSON.stringify(value).replace(
    /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

const isPrintable = (value: string): boolean => /^[\x20-\x7e]*$/.test(value);

/** Words that every reader of YAML takes for a text, in braces, too. Anything else is put in quotes rather than thought about. */
const isPlain = (value: string): boolean =>
  /^(?:(?:[A-Za-z_]|~?\/)[\w./@+:~=%-]*(?<!:)|\d+[KMGT])$/.test(value) && !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(value);
