/** What somebody entered: words for the orchestrator, or something for the chat itself. */
export type Entered =
  | { readonly kind: 'say'; readonly text: string }
  | { readonly kind: 'new-thread'; readonly title: string }
  | { readonly kind: 'thread'; readonly index: number }
  | { readonly kind: 'leave' }
  /** It was not understood: what was entered stays to be mended. */
  | { readonly kind: 'notice'; readonly text: string }
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'nothing' };

const help = '/new TITLE  /thread N  /main  /quit  //text says /text  !help asks the bridge';

/** A line that begins with a slash is for the chat; two of them say one. What is no command is never said by mistake. */
export function entered(draft: string): Entered {
  const text = draft.trim();
  if (text === '') return { kind: 'nothing' };
  if (text.startsWith('//')) return { kind: 'say', text: text.slice(1) };
  const command = /^\/([a-z]+)(?:[ \t]+(.*))?$/.exec(text);
  if (command === null) return { kind: 'say', text };
  const [, word = '', rest = ''] = command;
  switch (word) {
    case 'new':
      return rest.trim() === ''
        ? { kind: 'notice', text: 'what is it about? /new TITLE' }
        : { kind: 'new-thread', title: rest.trim().slice(0, 100) };
    case 'main':
      return { kind: 'thread', index: 0 };
    case 'thread':
      return /^\d{1,4}$/.test(rest.trim())
        ? { kind: 'thread', index: Number(rest) }
        : { kind: 'notice', text: 'which one? /thread 2; 0 is main' };
    case 'quit':
    case 'leave':
      return { kind: 'leave' };
    case 'help':
      return { kind: 'help', text: help };
    default:
      return { kind: 'notice', text: `there is no /${word} here; to say it: //${word}` };
  }
}
