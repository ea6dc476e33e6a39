import type { JsonObject } from './adapter.ts';

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `null` for anything that is no JSON object, a torn line among them. */
export function parsedObject(text: string): JsonObject | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

export const word = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Text of a message's content: a string, or a list of parts of which those with text count. */
export function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.flatMap((part: unknown) => (isObject(part) && typeof part.text === 'string' ? [part.text] : [])).join('\n');
}
