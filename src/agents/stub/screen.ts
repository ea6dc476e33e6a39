import type { Conversation } from './conversation.ts';

/** Who speaks: name, class, fleet, and the title of the role document. */
export interface Identity {
  readonly agent: string;
  readonly class: string;
  readonly fleet: string;
  readonly role: string;
}

const ESC = '\u001b[';
export const bracketedPasteOn = `${ESC}?2004h`;
export const bracketedPasteOff = `${ESC}?2004l`;
export const clearScreen = `${ESC}H${ESC}2J`;

const dim = (text: string): string => `${ESC}2m${text}${ESC}0m`;

export function greeting({ agent, class: class_, fleet, role }: Identity): string {
  const who = [agent || 'stub', class_ && `class ${class_}`, fleet && `fleet ${fleet}`].filter((part) => part).join(', ');
  return `Stub agent: ${who}${role && `\nRole: ${role}`}`;
}

/** The block below the conversation: composer or dialog, and the status line. No row is wider than `columns`. */
export function block(state: Conversation, identity: Identity, suggestion: string, columns: number): readonly string[] {
  const width = Math.max(8, columns - 1);
  const queued = state.queue.length > 0 ? ` · ${state.queue.length} queued` : '';
  const status = `${identity.agent || 'stub'} · ${state.phase}${queued}`;
  const rows = state.dialog === null ? composer(state, suggestion, width) : wrap(`? ${state.dialog}`, width);
  return [...rows, dim(wrap(status, width)[0] ?? '')];
}

const longestComposer = 12;

function composer(state: Conversation, suggestion: string, width: number): readonly string[] {
  const text = state.composer.map((piece) => piece.label ?? piece.text).join('');
  if (text === '' && suggestion !== '') return [`> ${dim(suggestion.slice(0, width - 2))}`];
  const rows = text.split('\n').flatMap((line) => wrap(line, width - 2));
  return rows.slice(-longestComposer).map((row, index) => (index === 0 ? '> ' : '  ') + row);
}

/** Cut into rows by columns; a character of East Asian width takes two. */
function wrap(text: string, width: number): readonly string[] {
  const rows: string[] = [];
  let row = '';
  let used = 0;
  for (const character of printable(text)) {
    const size = cells(character);
    if (used + size > width) {
      rows.push(row);
      row = '';
      used = 0;
    }
    row += character;
    used += size;
  }
  return [...rows, row];
}

/** What was typed must not steer the terminal that shows it. */
export const printable = (text: string): string => text.replaceAll('\t', '    ').replace(/(?!\n)\p{Cc}/gu, '\ufffd');

/**
 * Takes the block of before away (`above`: how many of its rows are above the cursor), adds what was said, and draws the
 * block anew. The cursor rests at the end of the last row but one, where text is typed.
 */
export function frame(said: readonly string[], rows: readonly string[], above: number | null): string {
  const away = above === null ? '' : `\r${above > 0 ? `${ESC}${above}A` : ''}${ESC}J`;
  const lines = said.map((text) => `${printable(text).replaceAll('\n', '\r\n')}\r\n`).join('');
  const typed = rows.at(-2) ?? '';
  // A suggestion stands behind the cursor.
  const column = typed.includes(ESC) ? typed.indexOf(ESC) : widthOf(typed);
  return `${away}${lines}${rows.join('\r\n')}\r${ESC}1A${column > 0 ? `${ESC}${column}C` : ''}`;
}

const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Extended_Pictographic}/u;
const cells = (character: string): number => (wide.test(character) ? 2 : 1);
const widthOf = (text: string): number => [...text].reduce((sum, character) => sum + cells(character), 0);
