import type { Context } from './context.ts';

/** What a command prints as JSON becomes a part of another one's. */
export function captured(context: Context): { readonly context: Context; readonly text: () => string } {
  let text = '';
  const write = (chunk: unknown): boolean => {
    text += String(chunk);
    return true;
  };
  const stdout: Context['stdout'] = Object.create(context.stdout, { write: { value: write } });
  return { context: { ...context, stdout }, text: () => text };
}

export const parsed = (text: string): unknown => (text === '' ? null : JSON.parse(text));
