import { readFile } from 'node:fs/promises';
import { type Fields, isFields } from '../host/shape.ts';
import { messageOf } from '../model/message-of.ts';
import { refuse } from './refusal.ts';

/** A JSON object from a file that a user names. */
export async function readJsonFile(
  file: string,
  shown: string,
  code: 'snapshot/format' | 'plan/format',
  hint: string,
): Promise<Fields> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const why = messageOf(error);
    throw refuse({ code, summary: `${shown} cannot be read`, detail: why, hint });
  }
  try {
    const value: unknown = JSON.parse(text);
    if (isFields(value)) return value;
  } catch {
    // Said below, as for every other text that is not an object.
  }
  throw refuse({ code, summary: `${shown} does not hold a JSON object`, hint });
}
