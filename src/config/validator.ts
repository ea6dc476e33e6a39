import { Ajv2020 } from 'ajv/dist/2020.js';
import schema from '../../rosters/controller.schema.json' with { type: 'json' };
import type { SchemaValidator } from '../roster/validator.ts';

const validate = new Ajv2020({ allErrors: true, allowUnionTypes: true }).compile(schema);

/** Judges a document by `rosters/controller.schema.json`, collecting every error. */
export const validateConfig: SchemaValidator = (data) => ({ ok: validate(data), errors: validate.errors ?? [] });
