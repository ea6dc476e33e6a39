import { visible } from '../model/visible.ts';
import { renderDiff } from './diff.ts';
import { counted, type Style } from './style.ts';

/** A copy of a shipped document, as an update would leave it. */
export interface ShownCopy {
  readonly file: string;
  readonly status: string;
  readonly mine: string;
  /** What would be written in its place; for a conflict, the new one. */
  readonly after: string | null;
}

/** From which version to which; `null`: nobody knows what was here. */
export const renderVersions = (from: string | null, to: string, style: Style): string =>
  `${style.bold(from === null || from === to ? `Muster ${visible(to)}` : `Muster ${visible(from)} → ${visible(to)}`)}\n`;

export interface ShownCopies {
  readonly root: string;
  readonly copies: readonly ShownCopy[];
  /** File of the record that is written with them; `null` where it says so already. */
  readonly record: string | null;
}

/** Copies that change, each with its difference, those that somebody has to look at, and the record; the others are counted. */
export function renderCopies({ root, copies, record }: ShownCopies, style: Style): string {
  if (copies.length === 0 && record === null) return '';
  const told = copies.filter(({ status }) => words[status] !== undefined);
  const width = Math.max(record?.length ?? 0, ...told.map(({ file }) => file.length));
  const lineOf = (mark: '~' | '!' | '·', file: string, text: string): string =>
    `  ${painted(mark, style)} ${visible(file).padEnd(width)}  ${text}`;
  const lines = told.flatMap(({ file, status, mine, after }) => {
    const { mark, text } = words[status] ?? { mark: '·', text: status };
    const name = visible(file);
    const line = lineOf(mark, file, text.replace('NEW', `${name.slice(name.lastIndexOf('/') + 1)}.new`));
    return [line, ...(after === null ? [] : indented(renderDiff(file, mine, after, style)))];
  });
  const written = record === null ? [] : [lineOf('~', record, 'record of what your copies were made from')];
  const quiet = copies.length - told.length;
  const copy = told.length === 0 ? 'copy' : 'more copy';
  const rest = quiet === 0 ? [] : [`  ${style.dim(`${counted(quiet, copy).replace('copys', 'copies')} without a change`)}`];
  return [`${style.bold('Copies')} in ${visible(root)}`, ...lines, ...written, ...rest, ''].map((line) => `${line}\n`).join('');
}

const words: Readonly<Record<string, { readonly mark: '~' | '!' | '·'; readonly text: string }>> = {
  updated: { mark: '~', text: 'the new one: you had changed nothing in it' },
  merged: { mark: '~', text: 'the new one, with your changes' },
  kept: { mark: '·', text: 'yours is kept: the shipped one has not changed' },
  conflict: { mark: '!', text: 'conflict: yours is kept, the new one is beside it as NEW' },
  open: { mark: '!', text: 'a conflict to settle: take over what you want from NEW, and remove that' },
  own: { mark: '·', text: 'your own: it is not known what it was copied from' },
  withdrawn: { mark: '·', text: 'ships no more: yours is kept' },
  uncommitted: { mark: '!', text: 'left as it is: commit your changes first' },
  'in-the-way': { mark: '!', text: 'a conflict, and NEW is in the way: move that away' },
};

const painted = (mark: '~' | '!' | '·', style: Style): string =>
  mark === '~' ? style.cyan(mark) : mark === '!' ? style.yellow(mark) : style.dim(mark);

const indented = (text: string): readonly string[] =>
  text
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => `      ${line}`);

/** What somebody has made of Muster's own files on this host. */
export const renderEdited = (files: readonly string[], style: Style): string =>
  files.length === 0
    ? ''
    : `${files.map((file) => `${style.yellow('!')} ${visible(file)} was edited by hand: what it says is kept beside it, as .edited\n`).join('')}  What is to stay belongs into the roster directory (a role document), or into a drop-in of your own (a unit).\n\n`;

export const renderSaved = ({ key, saved }: { readonly key: string; readonly saved: string }, style: Style): string =>
  `${style.green('✓')} kept    ${visible(key)} as it was, in ${visible(saved)}\n`;

export const renderController = (age: string, style: Style): string =>
  age === 'outdated'
    ? `${style.cyan('~')} The controller is restarted with this version; agents go on meanwhile.\n\n`
    : age === 'at-rest'
      ? `${style.dim('·')} The controller is disabled and stays so.\n\n`
      : '';
