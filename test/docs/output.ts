import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';

const schema = JSON.parse(readFileSync(new URL('../../docs/output.schema.json', import.meta.url), 'utf8')) as {
  readonly $defs: Readonly<Record<string, object>>;
};

export const definitions = schema.$defs;

/**
 * What is published lets fields be added. Here none may be that it does not tell, so that whoever adds one adds it to the schema, too.
 */
const ajv = new Ajv2020({ allErrors: true, strict: false, validateFormats: false });
ajv.addSchema(closed(schema) as object, 'output');

/** Why a document does not fit its definition; empty where it does. */
export function outputErrors(definition: string, document: unknown): readonly string[] {
  const validate = ajv.getSchema(`output#/$defs/${definition}`);
  if (validate === undefined) throw new Error(`no definition ${definition}`);
  if (validate(document) === true) return [];
  return (validate.errors ?? []).map(({ instancePath, message, params }) => {
    const extra = 'additionalProperty' in params ? `: ${String(params.additionalProperty)}` : '';
    return `${instancePath} ${message}${extra}`;
  });
}

function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [
    key,
    ['enum', 'const', 'required'].includes(key) ? inner : closed(inner),
  ]);
  const inner = Object.fromEntries(entries) as Record<string, unknown>;
  const isObject = 'properties' in value && 'required' in value;
  return isObject ? { ...inner, additionalProperties: false } : inner;
}
