import { Ajv2020 } from 'ajv/dist/2020.js';
import schema from '../../rosters/roster.schema.json' with { type: 'json' };

/** What is used of an ajv error object. */
export interface SchemaError {
  /** JSON Pointer to the value at fault. */
  readonly instancePath: string;
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** The key at fault, where it is the key's own spelling that is judged. */
  readonly propertyName?: string;
}

export type SchemaValidator = (data: unknown) => { readonly ok: boolean; readonly errors: readonly SchemaError[] };

const validate = new Ajv2020({ allErrors: true, allowUnionTypes: true }).compile(schema);

/** Judges a document by `rosters/roster.schema.json`, collecting every error. */
export const validateRoster: SchemaValidator = (data) => ({ ok: validate(data), errors: validate.errors ?? [] });
