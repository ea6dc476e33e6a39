import { readdirSync, readFileSync } from 'node:fs';

const root = new URL('../../', import.meta.url);

export interface Block {
  /** Word after the opening fence: `sh`, `console`, `yaml`, `text`, … */
  readonly language: string;
  readonly text: string;
  /** Titles of the sections that it stands in, outermost first. */
  readonly sections: readonly string[];
  readonly line: number;
}

export interface Page {
  /** From the root of the project. */
  readonly file: string;
  readonly text: string;
  readonly blocks: readonly Block[];
}

export function page(file: string): Page {
  const text = readFileSync(new URL(file, root), 'utf8');
  return { file, text, blocks: blocksOf(text) };
}

/** README and everything below docs/, from the root of the project. */
export function pageNames(): readonly string[] {
  const docs = readdirSync(new URL('docs', root), { recursive: true, encoding: 'utf8' });
  return ['README.md', 'CONTRIBUTING.md', ...docs.filter((file) => file.endsWith('.md')).map((file) => `docs/${file}`)].sort();
}

/** Rows of every table below a heading (until the next heading of any depth), cells trimmed, without the head. */
export function rowsBelow({ text }: Page, title: string): readonly (readonly string[])[] {
  const section = sectionText(text, title);
  const tables = [...section.matchAll(/^\|[-|]+\|\n((?:\|.*\n?)*)/gm)].map((match) => match[1] ?? '');
  return tables
    .flatMap((table) => table.trim().split('\n'))
    .map((row) =>
      row
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

/** What stands between a heading and the next of any depth. */
export function sectionText(text: string, title: string): string {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => /^#+ /.test(line) && line.replace(/^#+ /, '') === title);
  if (start < 0) throw new Error(`no section ${title}`);
  const end = lines.findIndex((line, index) => index > start && /^#+ /.test(line));
  return lines.slice(start + 1, end < 0 ? undefined : end).join('\n');
}

/** Every `code` word of a text, blocks aside. */
export const codeWords = (text: string): readonly string[] =>
  [...text.replace(/^```[\s\S]*?^```$/gm, '').matchAll(/`([^`\n]+)`/g)].map((match) => match[1] ?? '');

function blocksOf(text: string): Block[] {
  const blocks: Block[] = [];
  let sections: string[] = [];
  let open: { language: string; lines: string[]; line: number } | null = null;
  for (const [index, line] of text.split('\n').entries()) {
    const heading = open === null ? /^(#+) (.*)$/.exec(line) : null;
    if (heading?.[1] !== undefined) sections = [...sections.slice(0, heading[1].length - 1), heading[2] ?? ''];
    else if (open === null && line.startsWith('```')) open = { language: line.slice(3).trim(), lines: [], line: index + 1 };
    else if (open !== null && line === '```') {
      blocks.push({ language: open.language, text: `${open.lines.join('\n')}\n`, sections, line: open.line });
      open = null;
    } else open?.lines.push(line);
  }
  return blocks;
}
