import type { Context } from './context.ts';

/** Keys that are no characters, and the brackets of a paste. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: this is what terminals send
const sequences = /\x1b(?:\[[0-9;]*[A-Za-z~]|O[A-Za-z])/g;
const longest = 64 * 1024;

/** Asks for one line that is not shown while it is typed. Rejects at Ctrl-C, Ctrl-D, and the end of the terminal. */
export function secretLine(question: string, { stdin, stderr }: Pick<Context, 'stdin' | 'stderr'>): Promise<string> {
  return new Promise((resolve, reject) => {
    let typed = '';
    const end = (then: () => void): void => {
      stdin.off('data', onData).off('end', onEnd).off('error', onEnd);
      stdin.setRawMode?.(false);
      stdin.pause();
      stderr.write('\n');
      then();
    };
    const onEnd = (): void => end(() => reject(new Error('it was broken off')));
    const onData = (data: Buffer): void => {
      for (const character of data.toString('utf8').replace(sequences, '')) {
        if (character === '\x03' || character === '\x04') {
          onEnd();
          return;
        }
        if (character === '\r' || character === '\n') {
          end(() => resolve(typed.trim()));
          return;
        }
        if (character === '\x15') typed = '';
        else if (character === '\x7f' || character === '\b') typed = typed.slice(0, -1);
        else if (character >= ' ' && typed.length < longest) typed += character;
      }
    };
    // Before it is asked: who answers at once is not shown either.
    stdin.setRawMode?.(true);
    stderr.write(`${question}: `);
    stdin.on('data', onData).on('end', onEnd).on('error', onEnd).resume();
  });
}
