import { createInterface } from 'node:readline';
import { visible } from '../model/visible.ts';
import { nearest } from '../roster/wording.ts';
import type { Style } from '../views/style.ts';
import type { Context } from './context.ts';
import { type Refusal, refuse } from './refusal.ts';

export interface Choice {
  readonly word: string;
  readonly purpose: string;
}

/** Questions to a person, one line of answer each. */
export interface Asker {
  /** One of several, by its number or its word; an empty answer is the first of them. */
  choose(question: string, choices: readonly Choice[]): Promise<string>;
  /** A text; an empty answer is `otherwise`. `problem` says what is wrong with one, and it is asked again. */
  text(question: string, otherwise: string | null, problem: (answer: string) => string | null): Promise<string>;
  /** By default no. `more` is done, and asked again, where somebody answers with `s`. */
  agree(question: string, more?: () => void): Promise<boolean>;
  close(): void;
}

/** Asks on standard error, and hears on standard input. Ctrl-C and Ctrl-D reject with a refusal that says that nothing was done. */
export function asker({ stdin, stderr }: Context, style: Style): Asker {
  const lines = createInterface({ input: stdin, output: stderr, terminal: true });
  // What is typed before it is asked for is an answer all the same.
  const waiting: string[] = [];
  let expecting: { readonly resolve: (line: string) => void; readonly reject: (why: Refusal) => void } | null = null;
  let ended = false;
  lines.on('line', (line) => {
    if (expecting === null) waiting.push(line);
    else settle().resolve(line);
  });
  const end = (): void => {
    ended = true;
    stderr.write('\n');
    if (expecting !== null) settle().reject(broken());
  };
  lines.on('SIGINT', () => lines.close());
  lines.on('close', end);
  const settle = () => {
    const now = expecting ?? { resolve: () => {}, reject: () => {} };
    expecting = null;
    return now;
  };
  const ask = (prompt: string): Promise<string> => {
    lines.setPrompt(prompt);
    lines.prompt();
    const early = waiting.shift();
    if (early !== undefined) return Promise.resolve(early.trim());
    if (ended) return Promise.reject(broken());
    return new Promise((resolve, reject) => {
      expecting = { resolve: (line) => resolve(line.trim()), reject };
    });
  };
  const say = (text: string): void => void stderr.write(text);
  return {
    choose: (question, choices) => choose(question, choices, ask, say, style),
    text: async (question, otherwise, problem) => {
      for (;;) {
        const answer =
          (await ask(
            `${mark(style)} ${style.bold(question)}${otherwise === null ? '' : style.dim(` [${visible(otherwise)}]`)}: `,
          )) ||
          otherwise ||
          '';
        const wrong = problem(answer);
        if (wrong === null) return answer;
        say(`  ${style.yellow(visible(wrong))}\n`);
      }
    },
    agree: async (question, more) => {
      for (;;) {
        const answer = await ask(
          `${mark(style)} ${style.bold(question)} ${style.dim(more === undefined ? '[y/N]' : '[y/N, s shows all of it]')} `,
        );
        if (more === undefined || !/^s(how)?$/i.test(answer)) return /^y(es)?$/i.test(answer);
        more();
      }
    },
    close: () => {
      lines.off('close', end);
      lines.close();
    },
  };
}

const mark = (style: Style): string => style.cyan('?');

async function choose(
  question: string,
  choices: readonly Choice[],
  ask: (prompt: string) => Promise<string>,
  say: (text: string) => void,
  style: Style,
): Promise<string> {
  const widest = Math.max(...choices.map(({ word }) => word.length));
  const rows = choices.map(
    ({ word, purpose }, index) => `  ${index + 1}  ${word.padEnd(widest)}  ${style.dim(visible(purpose))}\n`,
  );
  say(`${mark(style)} ${style.bold(question)}\n${rows.join('')}`);
  const words = choices.map(({ word }) => word);
  for (;;) {
    const answer = (await ask(`  ${style.dim(`[${words[0]}]`)}: `)) || (words[0] ?? '');
    const chosen = words.includes(answer) ? answer : words[Number(answer) - 1];
    if (chosen !== undefined) return chosen;
    const meant = nearest(answer, words);
    say(
      `  ${style.yellow(`There is no ${visible(answer)}.${meant === null ? ` A number from 1 to ${words.length}, or a word.` : ` Did you mean ${meant}?`}`)}\n`,
    );
  }
}

const broken = (): Refusal => refuse({ code: 'usage', summary: 'nothing was done: the questions were broken off' });
