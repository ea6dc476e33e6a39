import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { asFileError, isMissing } from './errors.ts';

/** Agents that have an inbox here. Rejects with a PortError where that cannot be told. */
export const inboxNames = asFileError(
  (_stateDir: string) => 'list the inboxes',
  async (stateDir): Promise<readonly string[]> => {
    try {
      return await readdir(path.join(stateDir, 'inbox'));
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  },
);
