/**
 * Markdown as agents write it, as the HTML that Matrix allows. All text is escaped and no tag of its own gets through; what is not understood
 * stays text. `null` where there is nothing to show but plain text.
 */
export function htmlOf(markdown: string): string | null {
  const html = blocks(markdown.split('\n'), 0);
  const shown = html.replace(/<\/?p>|<br>|\s/g, '');
  return shown === escapeHtml(markdown).replace(/\s/g, '') ? null : html;
}

export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** Deeper than that it is text. */
const deepest = 6;

type Lines = readonly string[];

/** Each kind of block takes lines from the beginning; whoever takes none leaves them to the next. */
interface Taken {
  readonly html: string;
  readonly lines: number;
}

function blocks(lines: Lines, depth: number): string {
  const html: string[] = [];
  for (let at = 0; at < lines.length; ) {
    const rest = lines.slice(at);
    if ((lines[at] ?? '').trim() === '') at += 1;
    else {
      const taken = fence(rest) ?? heading(rest) ?? rule(rest) ?? table(rest) ?? nested(rest, depth) ?? paragraph(rest, depth);
      html.push(taken.html);
      at += taken.lines;
    }
  }
  return html.join('');
}

const nested = (lines: Lines, depth: number): Taken | null =>
  depth < deepest ? (quote(lines, depth) ?? list(lines, depth)) : null;

function fence(lines: Lines): Taken | null {
  const [, marker = '', info = ''] = /^ {0,3}(`{3,}|~{3,})([^`]*)$/.exec(lines[0] ?? '') ?? [];
  if (marker === '') return null;
  const isEnd = (line: string): boolean => {
    const text = line.trim();
    return text.length >= marker.length && text === (marker[0] ?? '').repeat(text.length);
  };
  const end = lines.findIndex((line, index) => index > 0 && isEnd(line));
  const code = lines.slice(1, end === -1 ? undefined : end).join('\n');
  const [language = ''] = info.trim().split(/\s/);
  const isName = /^[\w+#.-]{1,32}$/.test(language);
  return {
    html: `<pre><code${isName ? ` class="language-${escapeHtml(language)}"` : ''}>${escapeHtml(code)}\n</code></pre>`,
    lines: end === -1 ? lines.length : end + 1,
  };
}

function heading([line = '']: Lines): Taken | null {
  const [, marks = '', text = ''] = /^ {0,3}(#{1,6})[ \t]+(.*)$/.exec(line) ?? [];
  if (marks === '') return null;
  return { html: `<h${marks.length}>${inline(text.replace(/[ \t]#+[ \t]*$/, ''))}</h${marks.length}>`, lines: 1 };
}

const rule = ([line = '']: Lines): Taken | null => {
  const text = line.replace(/[ \t]/g, '');
  return /^(?:-{3,}|\*{3,}|_{3,})$/.test(text) ? { html: '<hr>', lines: 1 } : null;
};

function table(lines: Lines): Taken | null {
  const [head = '', bar = ''] = lines;
  if (!head.includes('|') || !/^[ \t|:-]+$/.test(bar) || !bar.includes('-') || !bar.includes('|')) return null;
  const columns = cells(head).length;
  if (cells(bar).length !== columns) return null;
  const body = lines.slice(2);
  const end = body.findIndex((line) => !line.includes('|'));
  const rows = end === -1 ? body : body.slice(0, end);
  const row = (line: string, tag: 'th' | 'td'): string =>
    `<tr>${cells(line)
      .slice(0, columns)
      .map((cell) => `<${tag}>${inline(cell)}</${tag}>`)
      .join('')}</tr>`;
  const filled = rows.length === 0 ? '' : `<tbody>${rows.map((line) => row(line, 'td')).join('')}</tbody>`;
  return { html: `<table><thead>${row(head, 'th')}</thead>${filled}</table>`, lines: 2 + rows.length };
}

const cells = (line: string): readonly string[] => {
  const inner = line.trim().replace(/^\|/, '').replace(/\|$/, '');
  return inner.split('|').map((cell) => cell.trim());
};

function quote(lines: Lines, depth: number): Taken | null {
  const end = lines.findIndex((line) => !/^ {0,3}>/.test(line));
  const quoted = end === -1 ? lines : lines.slice(0, end);
  if (quoted.length === 0) return null;
  const inner = quoted.map((line) => line.replace(/^ {0,3}> ?/, ''));
  return { html: `<blockquote>${blocks(inner, depth + 1)}</blockquote>`, lines: quoted.length };
}

interface Bullet {
  readonly indent: number;
  readonly ordered: boolean;
  readonly start: number;
  readonly text: string;
  /** Where its text begins. */
  readonly width: number;
}

function bulletOf(line: string): Bullet | null {
  const [all, space = '', mark = '', gap = '', text = ''] = /^( *)([-*+]|\d{1,9}[.)])([ \t]+)(.*)$/.exec(line) ?? [];
  if (all === undefined) return null;
  const ordered = /\d/.test(mark);
  return {
    indent: space.length,
    ordered,
    start: ordered ? Number.parseInt(mark, 10) : 1,
    text,
    width: space.length + mark.length + gap.length,
  };
}

function list(lines: Lines, depth: number): Taken | null {
  const first = bulletOf(lines[0] ?? '');
  if (first === null) return null;
  const items: string[][] = [];
  let taken = 0;
  for (const [index, line] of lines.entries()) {
    const bullet = bulletOf(line);
    const indent = line.length - line.trimStart().length;
    const isItem = bullet !== null && bullet.indent <= first.indent + 1;
    if (isItem && bullet.ordered !== first.ordered) break;
    if (isItem) items.push([bullet.text]);
    else if (line.trim() === '' && isContinued(lines[index + 1], first)) items.at(-1)?.push('');
    else if (line.trim() !== '' && indent > first.indent) items.at(-1)?.push(line.slice(Math.min(indent, first.width)));
    else break;
    taken = index + 1;
  }
  const tag = first.ordered ? 'ol' : 'ul';
  const start = first.ordered && first.start !== 1 ? ` start="${first.start}"` : '';
  const html = items.map((item) => `<li>${tight(blocks(item, depth + 1))}</li>`).join('');
  return { html: `<${tag}${start}>${html}</${tag}>`, lines: taken };
}

const isContinued = (next: string | undefined, first: Bullet): boolean => {
  if (next === undefined || next.trim() === '') return false;
  const bullet = bulletOf(next);
  return bullet !== null
    ? bullet.indent > first.indent + 1 || bullet.ordered === first.ordered
    : next.startsWith(' '.repeat(first.indent + 2));
};

/** An item of one paragraph is not one. */
const tight = (html: string): string => {
  const [, inner] = /^<p>((?:(?!<p>).)*?)<\/p>((?:<[uo]l.*)?)$/s.exec(html) ?? [];
  return inner === undefined ? html : html.replace(/^<p>/, '').replace('</p>', '');
};

function paragraph(lines: Lines, depth: number): Taken {
  const isOther = (line: string, index: number): boolean => {
    if (line.trim() === '') return true;
    const rest = [line];
    return index > 0 && (fence(rest) ?? heading(rest) ?? rule(rest) ?? nestedStart(line, depth)) !== null;
  };
  const end = lines.findIndex(isOther);
  const text = end === -1 ? lines : lines.slice(0, end);
  return { html: `<p>${text.map((line) => inline(line.trim())).join('<br>')}</p>`, lines: text.length };
}

const nestedStart = (line: string, depth: number): Taken | null =>
  depth < deepest && (/^ {0,3}>/.test(line) || bulletOf(line) !== null) ? { html: '', lines: 1 } : null;

/** Code, links and addresses first: what is in them is no emphasis. */
const spans =
  /(`{1,8})(?!`)(.{1,4000}?)(?<!`)\1(?!`)|\[([^[\]\n]{1,1000})\]\(<?((?:[^\s()<>]|\([^\s()<>]{0,500}\)){1,2000})>?\)|<?(https?:\/\/[^\s<>"'`]{1,2000})>?|\\([!-/:-@[-`{-~])/g;

function inline(text: string): string {
  const html: string[] = [];
  const held: string[] = [];
  let end = 0;
  for (const match of text.matchAll(spans)) {
    const [all, , code, label, target, address, escaped] = match;
    html.push(text.slice(end, match.index).replaceAll(hole, ''));
    end = match.index + all.length;
    held.push(heldOf({ all, code, label, target, address, escaped }));
    html.push(`${hole}${held.length - 1}${hole}`);
  }
  html.push(text.slice(end).replaceAll(hole, ''));
  return emphasis(escapeHtml(html.join(''))).replace(holes, (_, index) => held[Number(index)] ?? '');
}

/** A character that no text holds: it stands for what is not to be looked at again. */
const hole = '\u{e000}';
const holes = /\u{e000}(\d+)\u{e000}/gu;

interface Span {
  readonly all: string;
  readonly code: string | undefined;
  readonly label: string | undefined;
  readonly target: string | undefined;
  readonly address: string | undefined;
  readonly escaped: string | undefined;
}

function heldOf({ all, code, label, target, address, escaped }: Span): string {
  if (code !== undefined) return `<code>${escapeHtml(code.replace(/^ (.*\S.*) $/, '$1'))}</code>`;
  if (escaped !== undefined) return escapeHtml(escaped);
  if (label !== undefined) return isAddress(target) ? link(target, emphasis(escapeHtml(label))) : escapeHtml(all);
  if (address === undefined) return escapeHtml(all);
  const ending = /[.,;:!?)\]]+$/.exec(address)?.[0] ?? '';
  const url = ending.includes(')') && address.includes('(') ? address : address.slice(0, address.length - ending.length);
  return isAddress(url) ? link(url, escapeHtml(url)) + escapeHtml(address.slice(url.length)) : escapeHtml(all);
}

const isAddress = (url: string | undefined): url is string =>
  url !== undefined && /^(?:https?:\/\/[^\s/]|mailto:[^\s@]+@)/.test(url);

const link = (url: string, label: string): string => `<a href="${escapeHtml(url)}">${label}</a>`;

/** On text that is escaped. */
const emphasis = (text: string): string =>
  text
    .replace(/(?<![\w*])\*\*\*(?=\S)([^*\n]{1,2000}?)(?<=\S)\*\*\*(?![\w*])/g, '<strong><em>$1</em></strong>')
    .replace(
      /(?<!\w)(\*\*|__)(?=\S)([^*_\n]{1,2000}?(?:[*_](?![*_])[^*_\n]{1,500}?){0,8})(?<=\S)\1(?!\w)/g,
      '<strong>$2</strong>',
    )
    .replace(/(?<![\w*])([*_])(?=[^\s*_])([^*_<>\n]{1,2000}?)(?<=[^\s*_])\1(?![\w*])/g, '<em>$2</em>')
    .replace(/~~(?=\S)([^~\n]{1,2000}?)(?<=\S)~~/g, '<del>$1</del>');
