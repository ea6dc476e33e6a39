/** What a terminal shows, as a picture: plain SVG text that can be selected, searched and scaled. */

const size = { width: 8.4, line: 19, pad: 18, head: 34 };
const colours = {
  text: '#d8dee9',
  dim: '#7b8597',
  red: '#f07178',
  green: '#a5d6a7',
  yellow: '#ffd479',
  blue: '#82aaff',
  magenta: '#d8a6ff',
  cyan: '#7fdbca',
};
const codes = new Map([
  [31, 'red'],
  [32, 'green'],
  [33, 'yellow'],
  [34, 'blue'],
  [35, 'magenta'],
  [36, 'cyan'],
]);

/** @typedef {{ text: string, classes: string[] }} Run */

/** One picture: the command, and what it printed, with its colours. Longer lines are cut at the edge. */
export function svgOf(/** @type {string} */ command, /** @type {string} */ output, /** @type {number} */ columns) {
  const printed = output.replace(/\r/g, '').replace(/\n+$/, '').split('\n').map(runsOf);
  const lines = [[run('$ ', ['dim']), run(command, ['bold'])], ...printed];
  const width = Math.ceil(columns * size.width + 2 * size.pad);
  const height = size.head + lines.length * size.line + size.pad;
  const rows = lines.map((runs, index) => row(runs, size.head + (index + 1) * size.line - 5));
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(command)}">
<style>
text { font: 14px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; fill: ${colours.text}; white-space: pre }
.bold { font-weight: 700 }
${['dim', ...codes.values()].map((name) => `.${name} { fill: ${colours[/** @type {keyof typeof colours} */ (name)]} }`).join('\n')}
</style>
<rect width="${width}" height="${height}" rx="8" fill="#1b2130"/>
<g fill="#3a4256"><circle cx="20" cy="18" r="6"/><circle cx="40" cy="18" r="6"/><circle cx="60" cy="18" r="6"/></g>
${rows.filter((one) => one !== '').join('\n')}
</svg>
`;
}

/** The text of a picture, line by line. */
export function textOf(/** @type {string} */ svg) {
  return [...svg.matchAll(/<text [^>]*>(.*?)<\/text>/g)]
    .map(([, line = '']) =>
      line
        .replace(/<[^>]*>/g, '')
        .replace(/&lt;/g, '<')
        .replace(/&gt;/g, '>')
        .replace(/&quot;/g, '"')
        .replace(/&amp;/g, '&'),
    )
    .join('\n');
}

function row(/** @type {Run[]} */ runs, /** @type {number} */ y) {
  if (runs.every(({ text }) => text.trim() === '')) return '';
  const spans = runs.map(({ text, classes }) =>
    classes.length === 0 ? escaped(text) : `<tspan class="${classes.join(' ')}">${escaped(text)}</tspan>`,
  );
  return `<text x="${size.pad}" y="${y}" xml:space="preserve">${spans.join('')}</text>`;
}

const run = (/** @type {string} */ text, /** @type {string[]} */ classes) => ({ text, classes });

/** A line cut where its colours change. */
function runsOf(/** @type {string} */ line) {
  /** @type {Run[]} */
  const runs = [];
  let bold = false;
  let colour = '';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is escape sequences that are read
  for (const part of line.split(/(\x1b\[[\d;]*m)/)) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: as above
    const code = /^\x1b\[([\d;]*)m$/.exec(part)?.[1];
    if (code === undefined) {
      const classes = [...(bold ? ['bold'] : []), ...(colour === '' ? [] : [colour])];
      if (part !== '') runs.push(run(part, classes));
      continue;
    }
    for (const each of code.split(';').map(Number)) {
      if (each === 0) [bold, colour] = [false, ''];
      else if (each === 1) bold = true;
      else if (each === 2) colour = 'dim';
      // Of bold and dim at once.
      else if (each === 22) [bold, colour] = [false, colour === 'dim' ? '' : colour];
      else if (each === 39) colour = '';
      else colour = codes.get(each) ?? colour;
    }
  }
  return runs;
}

const escaped = (/** @type {string} */ text) =>
  text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
