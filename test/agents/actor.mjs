/**
 * A terminal program that does what real agents' programs do now and then. Its one argument is JSON; see `Part`. Below `$MOSAIC_RUN` it
 * writes `heard.jsonl`, every thing that it took for one, and, unless told otherwise, `transcript.jsonl`.
 *
 * @typedef {object} Part
 * @property {number} [swallow] so many times Enter does nothing
 * @property {number} [enterIntoPaste] milliseconds after a paste within which Enter is a part of it
 * @property {number} [mount] milliseconds until its terminal is set up; what comes before is lost
 * @property {number} [collapse] pastes of so many lines are shown by a label
 * @property {number} [busy] begins with a turn of so many milliseconds
 * @property {boolean} [queues] keeps what is submitted during a turn; otherwise that cancels the turn
 * @property {boolean} [dialog] begins with a dialog
 * @property {boolean} [dialogOnPaste] a dialog opens as soon as something is pasted
 * @property {string} [suggestion] dim text in an empty composer
 * @property {string} [draft] half a message of a person
 * @property {string} [draftOnPaste] what a person types in the moment after a paste
 * @property {'paste' | 'enter' | 'later'} [crash] ends when that comes; `later`: after it has recorded the message
 * @property {boolean} [lose] pastes vanish
 * @property {boolean} [alone] submits a paste by itself
 * @property {number} [spinner] draws its screen anew every so many milliseconds, with something else on it
 * @property {number | null} [transcript] milliseconds by which it lags behind; null: none
 * @property {boolean} [lines] stays in canonical mode, and reads lines
 * @property {boolean | 'stale'} [beats] says by heartbeats what it does; stale: as a process that is not it
 * @property {number} [turn] milliseconds of a turn; default 30
 */
import { appendFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** @type {Part} */
const part = JSON.parse(process.argv[2] ?? '{}');
const directory = process.env.MOSAIC_RUN ?? '.';
const name = process.env.MOSAIC_AGENT ?? 'actor';
const turnTime = part.turn ?? 30;

let mounted = false;
let composer = part.draft ?? '';
let label = '';
let pastes = 0;
let pastedAt = Number.NEGATIVE_INFINITY;
let swallow = part.swallow ?? 0;
let dialog = part.dialog === true;
let spin = 0;
/** @type {NodeJS.Timeout | null} */
let turn = null;
/** @type {string[]} */
const queue = [];
/** @type {string[]} */
const said = [];

const heard = (event, text = '') => appendFileSync(join(directory, 'heard.jsonl'), `${JSON.stringify({ event, text })}\n`);

/** As `muster heartbeat` does. */
function beat(state) {
  if (!part.beats) return;
  const stat = readFileSync('/proc/self/stat', 'utf8');
  const heartbeat = {
    format_version: '1.0',
    agent: name,
    incarnation: {
      boot_id: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
      pid: process.pid,
      start_time: Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]) - (part.beats === 'stale' ? 1 : 0),
    },
    invocation: '',
    state,
    at: new Date().toISOString(),
  };
  writeFileSync(join(directory, 'heartbeat.new'), JSON.stringify(heartbeat));
  renameSync(join(directory, 'heartbeat.new'), join(directory, 'heartbeat.json'));
}

function record(text) {
  if (part.transcript === null) return;
  const write = () => appendFileSync(join(directory, 'transcript.jsonl'), `${JSON.stringify({ type: 'user', text })}\n`);
  if (part.transcript) setTimeout(write, part.transcript);
  else write();
}

function begin(text) {
  if (part.crash === 'enter') process.exit(9);
  heard('submitted', text);
  record(text);
  if (part.crash === 'later') process.exit(9);
  beat('busy');
  said.push(...`> ${text}`.split('\n'));
  turn = setTimeout(() => {
    turn = null;
    beat('idle');
    said.push('● done');
    const next = queue.shift();
    if (next !== undefined) begin(next);
    draw();
  }, turnTime);
}

function paste(text) {
  if (dialog) return heard('answered', text);
  if (part.lose) return;
  if (part.crash === 'paste') process.exit(9);
  if (part.alone) return begin(text);
  composer += text;
  pastedAt = Date.now();
  pastes += 1;
  label =
    text.split('\n').length >= (part.collapse ?? Number.POSITIVE_INFINITY)
      ? `[Pasted text #${pastes} +${text.split('\n').length - 1} lines]`
      : '';
  if (part.dialogOnPaste) dialog = true;
  if (part.draftOnPaste) composer += part.draftOnPaste;
}

function enter() {
  if (dialog) return heard('answered', 'yes');
  if (swallow > 0) {
    swallow -= 1;
    return;
  }
  if (Date.now() - pastedAt < (part.enterIntoPaste ?? 0)) {
    composer += '\n';
    return;
  }
  const text = composer.trim();
  if (text === '') return heard('empty');
  composer = '';
  label = '';
  if (turn === null) return begin(text);
  if (part.queues) return queue.push(text);
  clearTimeout(turn);
  turn = null;
  heard('cancelled');
  begin(text);
}

/** Bytes as a terminal's program takes them: within a bracketed paste everything is text. */
let open = Buffer.alloc(0);
let pasting = false;
const start = Buffer.from('\u001b[200~');
const end = Buffer.from('\u001b[201~');

function read(bytes) {
  if (!mounted) return;
  open = Buffer.concat([open, bytes]);
  while (open.length > 0) {
    if (pasting) {
      const at = open.indexOf(end);
      if (at < 0) return;
      paste(open.subarray(0, at).toString());
      open = open.subarray(at + end.length);
      pasting = false;
    } else if (open.subarray(0, start.length).equals(start)) {
      pasting = true;
      open = open.subarray(start.length);
    } else if (start.subarray(0, open.length).equals(open) && open.length > 1) return;
    else {
      const byte = open[0];
      open = open.subarray(1);
      if (byte === 0x0d) enter();
      else if (byte >= 0x20 && byte !== 0x7f) composer += String.fromCharCode(byte);
      else heard('key', String(byte));
    }
  }
  draw();
}

const dim = (text) => `\u001b[2m${text}\u001b[0m`;

function draw() {
  if (!mounted) return;
  const width = (process.stdout.columns ?? 80) - 3;
  const shown = label === '' ? composer : composer.startsWith(label) ? composer : label;
  const rows = shown.split('\n').flatMap((line) => line.match(new RegExp(`.{1,${width}}`, 'gu')) ?? ['']);
  const block = rows.slice(-20).map((row, index) => `${index === 0 ? '> ' : '  '}${row}`);
  if (shown === '' && part.suggestion) block[0] = `> ${dim(part.suggestion)}`;
  const phase = dialog ? 'waiting' : turn === null ? 'idle' : 'busy';
  const queued = queue.length > 0 ? ` · ${queue.length} queued` : '';
  const lines = [
    ...said.slice(-20),
    part.spinner ? `spinning ${spin}` : '',
    ...(dialog ? ['? Proceed?'] : block),
    dim(`${name} · ${phase}${queued}`),
  ];
  process.stdout.write(`\u001b[H\u001b[2J${lines.join('\r\n')}`);
}

function mount() {
  mounted = true;
  beat('idle');
  if (!part.lines) {
    process.stdin.setRawMode(true);
    process.stdout.write('\u001b[?2004h');
  }
  if (part.busy) {
    turn = setTimeout(() => {
      turn = null;
      const next = queue.shift();
      if (next !== undefined) begin(next);
      draw();
    }, part.busy);
  }
  if (part.spinner) {
    setInterval(() => {
      spin += 1;
      draw();
    }, part.spinner);
  }
  draw();
}

process.stdin.on('data', read);
process.stdout.on('resize', draw);
setTimeout(mount, part.mount ?? 0);
