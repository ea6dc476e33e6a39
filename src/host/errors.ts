import { asPortError } from '../model/as-port-error.ts';

/** As `asPortError`; what the file system forbids is `refused`. */
export const asFileError = <Given extends readonly unknown[], Value>(
  doing: (...given: Given) => string,
  run: (...given: Given) => Promise<Value>,
): ((...given: Given) => Promise<Value>) => asPortError(doing, run, kindOf);

/** There is no such file, or no directory where it would be. */
export const isMissing = (error: unknown): boolean => hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR');

export const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;

const kindOf = (error: unknown) =>
  hasCode(error, 'EACCES') || hasCode(error, 'EPERM') || hasCode(error, 'EROFS') ? 'refused' : 'failed';
