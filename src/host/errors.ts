import { PortError } from '../model/ports.ts';

/** Makes every failure of `run` a PortError that says what was being done. */
export function asPortError<Given extends readonly unknown[], Value>(
  doing: (...given: Given) => string,
  run: (...given: Given) => Promise<Value>,
): (...given: Given) => Promise<Value> {
  return async (...given) => {
    try {
      return await run(...given);
    } catch (error) {
      if (error instanceof PortError) throw error;
      throw new PortError(kindOf(error), `cannot ${doing(...given)}: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
    }
  };
}

/** There is no such file, or no directory where it would be. */
export const isMissing = (error: unknown): boolean => hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR');

export const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;

const kindOf = (error: unknown) =>
  hasCode(error, 'EACCES') || hasCode(error, 'EPERM') || hasCode(error, 'EROFS') ? 'refused' : 'failed';
