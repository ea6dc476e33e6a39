import type { CommandFlag, CommandPlace, CommandShape, CommandTree } from '../model/command-tree.ts';

/** What a manual tells besides the commands: pairs of a word and what it means. */
export interface ManualExtras {
  readonly version: string;
  readonly statuses: readonly (readonly [status: string, meaning: string])[];
  readonly variables: readonly (readonly [name: string, meaning: string])[];
  readonly files: readonly (readonly [path: string, meaning: string])[];
  /** Command lines, each with what it does behind at least two spaces. */
  readonly examples: readonly string[];
}

/** The manual as roff, macros of man(7). No date is in it: the same version gives the same bytes. */
export function renderManual(tree: CommandTree, { version, statuses, variables, files, examples }: ManualExtras): string {
  const lines = [
    '.\\" Made from the program itself.',
    `.TH MUSTER 1 "" ${quoted(`muster ${version}`)} ${quoted('Muster')}`,
    '.SH NAME',
    `muster \\- ${text(inSentence(tree.description))}`,
    '.SH SYNOPSIS',
    '.B muster',
    '.I command',
    '[\\fIflags\\fR]',
    '.SH DESCRIPTION',
    text(tree.description),
    '.PP',
    'Data goes to standard output; findings, progress and questions to standard error.',
    '.SH COMMANDS',
    ...tree.commands.flatMap(commandLines),
    '.SH FLAGS OF EVERY COMMAND',
    ...tree.flags.flatMap(flagLines),
    '.SH EXIT STATUS',
    ...pairs(statuses),
    '.SH ENVIRONMENT',
    ...pairs(variables),
    '.SH FILES',
    ...pairs(files),
    '.SH EXAMPLES',
    '.nf',
    ...examples.map(text),
    '.fi',
    '.SH SEE ALSO',
    '.BR systemctl (1),',
    '.BR tmux (1),',
    '.BR git (1)',
  ];
  return `${lines.join('\n')}\n`;
}

function commandLines({ name, aliases, description, places, flags }: CommandShape): readonly string[] {
  const names = [name, ...aliases].map((word) => `muster ${word}`);
  const synopsis = [`\\fBmuster ${text(name)}\\fR`, ...(flags.length > 0 ? ['[\\fIflags\\fR]'] : []), ...places.map(placeText)];
  return [
    `.SS ${quoted(names.join(', '))}`,
    synopsis.join(' '),
    '.PP',
    text(`${upper(description)}.`),
    ...flags.filter(({ long }) => long !== '--help').flatMap(flagLines),
  ];
}

function placeText({ name, required, variadic }: CommandPlace): string {
  const shown = `\\fI${text(name)}\\fR${variadic ? '...' : ''}`;
  return required ? shown : `[${shown}]`;
}

function flagLines({ short, long, value, variadic, description, choices, default: usual }: CommandFlag): readonly string[] {
  const names = [short, long].flatMap((name) => (name === null || name === '' ? [] : [`\\fB${text(name)}\\fR`]));
  const taken = value === null ? '' : ` \\fI${text(value)}\\fR${variadic ? '...' : ''}`;
  const more = [
    ...(choices.length > 0 ? [`one of ${choices.join(', ')}`] : []),
    ...(usual !== null && !description.includes('(default') ? [`default ${usual}`] : []),
  ];
  return ['.TP', `${names.join(', ')}${taken}`, text(`${upper(description)}${more.length > 0 ? ` (${more.join('; ')})` : ''}.`)];
}

const pairs = (all: readonly (readonly [string, string])[]): readonly string[] =>
  all.flatMap(([word, meaning]) => ['.TP', `\\fB${text(word)}\\fR`, text(`${upper(meaning)}.`)]);

/** A letter at the start, where it is one. */
const upper = (sentence: string): string => sentence.charAt(0).toUpperCase() + sentence.slice(1);

const inSentence = (sentence: string): string => (sentence.charAt(0).toLowerCase() + sentence.slice(1)).replace(/\.$/, '');

/** Nothing in it is a request or an escape; a hyphen is one that can be copied. */
const text = (words: string): string =>
  words
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/, '\\&$1');

/** An argument of a request. */
const quoted = (words: string): string => `"${text(words).replaceAll('"', '\\(dq')}"`;
