import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { isName } from '../model/names.ts';
import { asFileError, isMissing } from './errors.ts';

export const inboxesIn = (stateDir: string): string => path.join(stateDir, 'inbox');

/** Inboxes by agent, each with what its journal's change shows by. Reads no journal. */
export const inboxIndex = (stateDir: string): (() => Promise<ReadonlyMap<string, string>>) =>
  asFileError(
    () => 'look for inboxes',
    async () => {
      const agents = (await namesIn(inboxesIn(stateDir))).filter(isName);
      const marks = await Promise.all(agents.map((agent) => markOf(path.join(inboxesIn(stateDir), agent, 'journal.jsonl'))));
      return new Map(agents.flatMap((agent, index) => (marks[index] == null ? [] : [[agent, marks[index]] as const])));
    },
  );

async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

async function markOf(journal: string): Promise<string | null> {
  try {
    const { ino, size, mtimeMs } = await stat(journal);
    return `${ino} ${size} ${mtimeMs}`;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}
