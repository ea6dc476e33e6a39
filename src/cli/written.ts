import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { messageOf } from '../model/message-of.ts';
import type { Context } from './context.ts';
import { refuse } from './refusal.ts';

/** Writes a file that the user asked for, for nobody else to read. Refuses where it cannot be written. */
export async function writeOutput(file: string, text: string, { cwd }: Context): Promise<void> {
  try {
    await writeFile(path.resolve(cwd, file), text, { mode: 0o600 });
  } catch (error) {
    const why = messageOf(error);
    throw refuse({
      code: 'output/unwritable',
      summary: `${file} cannot be written`,
      detail: why,
      hint: 'Name a file in a directory that exists and is yours.',
    });
  }
}
