import { createInterface } from 'node:readline/promises';
import { type Context, exitStatus } from './context.ts';
import { formatOf, type OutputFlags } from './flags.ts';
import { refuse } from './refusal.ts';

/** Asks a person. Refuses where nobody can be asked; `instead` is the command that agrees beforehand. */
export async function agree(question: string, instead: string, flags: OutputFlags, { stdin, stderr }: Context): Promise<boolean> {
  if (!stdin.isTTY || stderr.isTTY !== true || formatOf(flags) !== 'text') {
    throw refuse(
      {
        code: 'usage',
        summary: 'nobody can be asked: this is not a terminal, or the output is not for people',
        hint: `Agree beforehand: ${instead}`,
      },
      exitStatus.usage,
    );
  }
  const prompt = createInterface({ input: stdin, output: stderr });
  try {
    const answer = await prompt.question(`${question} [y/N] `);
    return /^y(es)?$/i.test(answer.trim());
  } catch {
    return false;
  } finally {
    prompt.close();
  }
}
