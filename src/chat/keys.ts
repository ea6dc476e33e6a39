/** What somebody typed, as a terminal sends it. */
export type Typed =
  | { readonly kind: 'text'; readonly text: string }
  /** All of it at once, line ends in it. */
  | { readonly kind: 'paste'; readonly text: string }
  | { readonly kind: 'key'; readonly key: ChatKey };

export type ChatKey =
  | 'enter'
  | 'new-line'
  | 'backspace'
  | 'delete'
  | 'left'
  | 'right'
  | 'up'
  | 'down'
  | 'word-left'
  | 'word-right'
  | 'home'
  | 'end'
  | 'kill-line'
  | 'kill-end'
  | 'kill-word'
  | 'page-up'
  | 'page-down'
  | 'next-thread'
  | 'former-thread'
  | 'redraw'
  | 'leave'
  | 'leave-if-empty';

const esc = '\x1b';
const pasteStart = `${esc}[200~`;
const pasteEnd = `${esc}[201~`;

const named: Readonly<Record<string, ChatKey>> = {
  '\r': 'enter',
  '\n': 'new-line',
  [`${esc}\r`]: 'new-line',
  [`${esc}\n`]: 'new-line',
  [`${esc}[13;2u`]: 'new-line',
  '\x7f': 'backspace',
  '\b': 'backspace',
  [`${esc}[3~`]: 'delete',
  [`${esc}[D`]: 'left',
  [`${esc}OD`]: 'left',
  '\x02': 'left',
  [`${esc}[C`]: 'right',
  [`${esc}OC`]: 'right',
  '\x06': 'right',
  [`${esc}[A`]: 'up',
  [`${esc}OA`]: 'up',
  '\x10': 'up',
  [`${esc}[B`]: 'down',
  [`${esc}OB`]: 'down',
  '\x0e': 'down',
  [`${esc}b`]: 'word-left',
  [`${esc}[1;5D`]: 'word-left',
  [`${esc}[1;3D`]: 'word-left',
  [`${esc}f`]: 'word-right',
  [`${esc}[1;5C`]: 'word-right',
  [`${esc}[1;3C`]: 'word-right',
  [`${esc}[H`]: 'home',
  [`${esc}[1~`]: 'home',
  [`${esc}OH`]: 'home',
  '\x01': 'home',
  [`${esc}[F`]: 'end',
  [`${esc}[4~`]: 'end',
  [`${esc}OF`]: 'end',
  '\x05': 'end',
  '\x15': 'kill-line',
  '\x0b': 'kill-end',
  '\x17': 'kill-word',
  [`${esc}\x7f`]: 'kill-word',
  [`${esc}[5~`]: 'page-up',
  [`${esc}[6~`]: 'page-down',
  '\t': 'next-thread',
  [`${esc}[Z`]: 'former-thread',
  '\x0c': 'redraw',
  '\x03': 'leave',
  '\x04': 'leave-if-empty',
};

// biome-ignore lint/suspicious/noControlCharactersInRegex: this is what terminals send
const sequence = /^\x1b(?:\[[0-9;<=>?]*[ -/]*[@-~]|O[A-Za-z]|[^[O\x1b])/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the same
const plainText = /^[^\x00-\x1f\x7f]+/;

/** Takes what is typed as it comes in, however it is cut into pieces. */
export class KeyReader {
  #rest = '';

  /** Something is begun, and its end has not come. */
  get isOpen(): boolean {
    return this.#rest !== '';
  }

  feed(data: string): readonly Typed[] {
    this.#rest += data;
    const typed: Typed[] = [];
    for (let next = this.#take(); next !== null; next = this.#take()) if (next !== 'nothing') typed.push(next);
    return typed;
  }

  /** What was begun does not go on: an escape alone. A paste is still waited for. */
  settle(): void {
    if (!this.#rest.startsWith(pasteStart)) this.#rest = '';
  }

  /** `null`: nothing whole is left. */
  #take(): Typed | 'nothing' | null {
    const rest = this.#rest;
    if (rest === '') return null;
    if (rest.startsWith(pasteStart)) {
      const end = rest.indexOf(pasteEnd);
      if (end === -1) return null;
      this.#rest = rest.slice(end + pasteEnd.length);
      return { kind: 'paste', text: rest.slice(pasteStart.length, end) };
    }
    const text = plainText.exec(rest)?.[0];
    if (text !== undefined) {
      this.#rest = rest.slice(text.length);
      return { kind: 'text', text };
    }
    const word = rest.startsWith(esc) ? sequence.exec(rest)?.[0] : rest[0];
    if (word === undefined) {
      // One that is no sequence, and will be none.
      if (rest.length < 32) return null;
      this.#rest = rest.slice(1);
      return 'nothing';
    }
    this.#rest = rest.slice(word.length);
    const key = named[word];
    return key === undefined ? 'nothing' : { kind: 'key', key };
  }
}
