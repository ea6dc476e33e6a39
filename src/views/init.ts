import { visible } from '../model/visible.ts';
import { counted, type Style } from './style.ts';

export interface ShownSeed {
  readonly file: string;
  readonly text: string;
  readonly what: 'roster' | 'role' | 'record' | 'ci';
}

/** What would be written: rosters with their text, all else by name; with `all` every text that people read. */
export function renderSeeds(seeds: readonly ShownSeed[], kept: readonly string[], all: boolean, style: Style): string {
  const blocks = seeds.filter(({ what }) => (all && what !== 'record') || what === 'roster').map((seed) => textOf(seed, style));
  const widest = Math.max(...[...seeds.map(({ file }) => file), ...kept].map((file) => file.length));
  const rows = [
    ...seeds.map(
      ({ file, text, what }) => `  ${style.green('+')} ${visible(file).padEnd(widest)}  ${style.dim(said(what, text))}`,
    ),
    ...kept.map((file) => `  ${style.dim('=')} ${visible(file).padEnd(widest)}  ${style.dim('is there, and stays as it is')}`),
  ];
  return `${[...blocks, rows.join('\n')].join('\n')}\n`;
}

function textOf({ file, text }: ShownSeed, style: Style): string {
  const lines = text.replace(/\n$/, '').split('\n');
  return `${style.bold(visible(file))}\n${lines.map((line) => `  ${style.dim('│')} ${shown(line, style)}`.trimEnd()).join('\n')}\n`;
}

const shown = (line: string, style: Style): string => (/^\s*#/.test(line) ? style.dim(visible(line)) : visible(line));

function said(what: ShownSeed['what'], text: string): string {
  const lines = counted(text.split('\n').length - 1, 'line');
  switch (what) {
    case 'roster':
      return `the fleet, ${lines}`;
    case 'role':
      return `what agents of its classes are told, ${lines}`;
    case 'record':
      return 'what these were copied from, for muster update';
    case 'ci':
      return `checks, and plans on pull requests, ${lines}`;
  }
}
