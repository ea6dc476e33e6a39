import type { Context, ExitStatus } from './context.ts';
export async function stub(_context: Context): Promise<ExitStatus> {
  return 0;
}
