/**
 * Pictures of what the command prints, for the documentation: docs/pictures/*.svg, from real runs on a private host.
 *
 *     node .build/pictures.js            makes them anew
 *     node .build/pictures.js --check    ends with 1 where what is printed has another structure than what they show
 *
 * Times, lengths and commits are those of one run; a check does not look at them.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { svgOf, textOf } from './terminal-svg.js';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(root, 'docs', 'pictures');
const columns = 100;
const mark = '\x1e';

/** What is typed, in one shell; with a name it is a picture. `until` is what it has to say before it is taken. */
const story = [
  { type: 'muster init fleet --profile coding --runtime stub --connector tmux --ci github --yes --quiet' },
  { type: 'cd fleet' },
  { name: 'plan', type: 'muster plan' },
  { type: 'muster install --quiet' },
  { name: 'ps', type: 'muster ps', until: '*tmux ready*5 of 5 agents live.*' },
  { type: "sed -i '/name: enhancer/,+3d' rosters/coding.yaml" },
  { name: 'refused', type: 'muster validate --worktree' },
  { type: 'git checkout --quiet .' },
  { type: 'muster add coder2 --class implementer --quiet' },
  { name: 'rehearse', type: 'muster rehearse --worktree' },
];

const shown = runs();
const stale = [];
mkdirSync(folder, { recursive: true });
for (const [name, { command, output }] of shown) {
  const file = join(folder, `${name}.svg`);
  const svg = svgOf(command, output, columns);
  if (!process.argv.includes('--check')) writeFileSync(file, svg);
  else stale.push(...differences(name, structure(textOf(before(file))), structure(textOf(svg))));
}
if (stale.length > 0) {
  console.error(`Pictures show what is not printed any more. Make them anew: node .build/pictures.js\n${stale.join('\n')}`);
  process.exitCode = 1;
}

/** Lines that only one of them has. */
function differences(/** @type {string} */ name, /** @type {string} */ shown, /** @type {string} */ printed) {
  const lines = { shown: shown.split('\n'), printed: printed.split('\n') };
  return [
    ...lines.shown.filter((line) => !lines.printed.includes(line)).map((line) => `${name} - ${line}`),
    ...lines.printed.filter((line) => !lines.shown.includes(line)).map((line) => `${name} + ${line}`),
  ];
}

function before(/** @type {string} */ file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** What stays from run to run: no numbers, no commits, no widths of columns, nothing that depends on whether this machine counts memory. */
function structure(/** @type {string} */ text) {
  return text
    .split('\n')
    .filter((line) => !line.includes('unknown: /agents/*/'))
    .map((line) =>
      line
        .replace(/\b(?=[a-f]*\d)[0-9a-f]{8,}\b/g, 'COMMIT')
        .replace(/\b(idle|busy|starting)\b +(heartbeat [\d.]+m?s|pane)/g, 'DOES')
        .replace(/\b\d[\d.]*(?:ms|[smhdKMG])?\b/g, 'N')
        .replace(/[ …]+/g, ' ')
        .trim(),
    )
    .join('\n')
    .replace(/\n\n+/g, '\n');
}

function runs() {
  const typed = story.map(({ type, until }) => {
    const once = `script --quiet --return --command "stty cols ${columns} rows 60; ${type.replaceAll('"', '\\"')}" /dev/null </dev/null`;
    if (type.startsWith('cd ')) return `${type}; printf '${mark}'`;
    const text =
      until === undefined
        ? `out=$(${once})`
        : `for _ in $(seq 100); do out=$(${once}); case $out in ${until.replaceAll(' ', '\\ ')}) break ;; esac; sleep 0.3; done`;
    return `${text}; printf '%s${mark}' "$out"`;
  });
  const prelude =
    'export FORCE_COLOR=1 TERM=xterm-256color; git config --global user.name Jason; git config --global user.email jason@example.org; cd';
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [join(root, 'dist', 'main.js'), 'sandbox', '--hostname', 'w-jarvis', '--', 'bash', '-c', [prelude, ...typed].join('\n')],
    { cwd: root, encoding: 'utf8', timeout: 300_000, env: withoutColourSettings() },
  );
  const outputs = stdout.split(mark);
  if (outputs.length !== story.length + 1) throw new Error(`the runs ended with ${status}: ${stderr}`);
  return story.flatMap(({ name, type }, index) =>
    name === undefined ? [] : [/** @type {const} */ ([name, { command: type, output: outputs[index] ?? '' }])],
  );
}

/** Node warns where both of them are set. */
function withoutColourSettings() {
  const { NO_COLOR: _no, FORCE_COLOR: _force, ...env } = process.env;
  return env;
}
