import { asPortError } from '../model/as-port-error.ts';
import { PortError } from '../model/ports.ts';
import { GitError, reasonOf } from './findings.ts';

/** A method of a port: whatever goes wrong is a `PortError` that says what was being done. */
export function port<Given extends readonly unknown[], Value>(doing: string, run: (...given: Given) => Promise<Value>) {
  return asPortError<Given, Value>(
    () => doing,
    async (...given: Given): Promise<Value> => {
      try {
        return await run(...given);
      } catch (error) {
        if (!(error instanceof GitError)) throw error;
        const isAway = error.diagnostic.code === 'git/not-a-repository' || error.diagnostic.code === 'git/not-found';
        throw new PortError(isAway ? 'unavailable' : 'failed', reasonOf(error), { cause: error });
      }
    },
  );
}
