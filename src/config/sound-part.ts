import type { SchemaError } from '../roster/validator.ts';

/** What is left of a document without the values and keys that its schema objects to, so that the rest is judged, too. */
export function soundPart(data: unknown, errors: readonly SchemaError[]): unknown {
  const places = errors.map(placeOf).filter((place) => place.length > 0);
  const rest = places.reduce<unknown>(without, data);
  // A deadline that is not known is not too short for anything.
  const isOpen = places.some(([block]) => block === 'health') && isBlock(rest) && isBlock(rest.health);
  return isOpen ? { ...rest, health: { deadline: longest, ...(isBlock(rest.health) ? rest.health : {}) } } : rest;
}

const longest = '1h';

/** Of a key that there is not, the key; of one that is missing, its block; of two that exclude each other, the one. */
function placeOf({ instancePath, keyword, params }: SchemaError): readonly string[] {
  if (keyword === 'not') return ['repository'];
  const path = instancePath
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
  return keyword === 'additionalProperties' ? [...path, String(params.additionalProperty)] : path;
}

function without(value: unknown, [key, ...deeper]: readonly string[]): unknown {
  if (key === undefined || !isBlock(value) || !Object.hasOwn(value, key)) return value;
  const { [key]: inner, ...rest } = value;
  // Of a list that is wrong in one place nothing is left.
  return deeper.length === 0 || !isBlock(inner) ? rest : { ...rest, [key]: without(inner, deeper) };
}

const isBlock = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
