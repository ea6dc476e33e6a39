/**
 * The command server inside a private host: one JSON object a line on standard input, answers and events on standard output.
 * It knows nothing of Muster. Requests carry an `id` that every answer repeats:
 *
 *   { op: 'spawn', argv, cwd?, env?, stdin?, at? }  → { pid }, { out, text }…, { end: true, status, signal }
 *   { op: 'signal', process, signal }                   to the process group of a spawned process
 *   { op: 'input', process, text }                      to its standard input, if `stdin` was null; no answer
 *   { op: 'write', files: { path: text | { text?, base64?, link?, mode? } } } · { op: 'read', path } · { op: 'tree', roots }
 *
 * `at` strikes without a round trip: `{ stream, lines, after: argv | null }` kills the process group with SIGKILL (or
 * `signal`) as soon as that many lines were seen, then runs `after`. Instead of `lines`: `text` once that was said, or
 * `milliseconds` since its start.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

const home = process.env.HOME ?? '/';
const running = new Map();

const operations = {
  spawn: start,
  signal: ({ id, process: target, signal }) => answer(id, { sent: strike(running.get(target), signal) }),
  input: ({ process: target, text }) => running.get(target)?.stdin.write(text),
  write: ({ id, files }) => {
    for (const [path, content] of Object.entries(files)) put(resolve(home, path), content);
    answer(id, {});
  },
  read: ({ id, path }) => {
    const file = resolve(home, path);
    answer(id, { text: existsSync(file) ? readFileSync(file, 'utf8') : null });
  },
  tree: ({ id, roots }) => answer(id, { tree: Object.fromEntries(roots.flatMap((root) => [...look(resolve(home, root))])) }),
};

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const request = JSON.parse(line);
    try {
      operations[request.op](request);
    } catch (error) {
      answer(request.id, { error: String(error) });
    }
  })
  .on('close', () => process.exit(0));
answer(0, { home, runtime: process.env.XDG_RUNTIME_DIR, user: process.env.USER });

function answer(id, fields) {
  process.stdout.write(`${JSON.stringify({ id, ...fields })}\n`);
}

function start({ id, argv, cwd = home, env = {}, stdin = '', at = null }) {
  const [program, ...args] = argv;
  const merged = Object.fromEntries(Object.entries({ ...process.env, ...env }).filter(([, value]) => value !== null));
  const child = spawn(program, args, { cwd: resolve(home, cwd), env: merged, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
  running.set(id, child);
  if (child.pid !== undefined) answer(id, { pid: child.pid });
  child.stdin.on('error', () => {});
  if (stdin !== null) child.stdin.end(stdin);
  const notice = at === null ? () => {} : arm(id, child, at);
  for (const out of ['stdout', 'stderr']) {
    child[out].setEncoding('utf8');
    child[out].on('data', (text) => {
      notice(out, text);
      answer(id, { out, text });
    });
  }
  child.on('error', (error) => {
    running.delete(id);
    answer(id, { end: true, status: 127, signal: null, failure: error.message });
  });
  child.on('close', (status, signal) => {
    running.delete(id);
    answer(id, { end: true, status: status ?? 128, signal });
  });
}

function arm(id, child, { stream, lines, text: awaited, milliseconds, signal = 'SIGKILL', after }) {
  let seen = '';
  let armed = true;
  if (milliseconds !== undefined) setTimeout(fire, milliseconds);
  return (out, text) => {
    if (out !== stream) return;
    seen += text;
    if (awaited === undefined ? seen.split('\n').length > lines : seen.includes(awaited)) fire();
  };
  function fire() {
    if (!armed) return;
    armed = false;
    strike(child, signal);
    if (after === null) return answer(id, { struck: true });
    spawn(after[0], after.slice(1), { stdio: 'ignore' }).on('close', () => answer(id, { struck: true }));
  }
}

function strike(child, signal) {
  if (child?.pid === undefined) return false;
  try {
    process.kill(-child.pid, signal);
    return true;
  } catch {
    return false;
  }
}

function put(file, content) {
  if (content === null) return rmSync(file, { recursive: true, force: true });
  mkdirSync(dirname(file), { recursive: true });
  const { text, base64, link, mode } = typeof content === 'string' ? { text: content } : content;
  if (link !== undefined) return symlinkSync(link, file);
  writeFileSync(file, base64 === undefined ? text : Buffer.from(base64, 'base64'));
  if (mode !== undefined) chmodSync(file, mode);
}

/** Everything that a write would change: kind, mode, owner, times to the nanosecond, inode, content. */
function* look(path) {
  let stat;
  try {
    stat = lstatSync(path, { bigint: true });
  } catch {
    return;
  }
  const kind = stat.isDirectory() ? 'directory' : stat.isSymbolicLink() ? 'link' : stat.isFile() ? 'file' : 'other';
  const content = kind === 'file' ? digest(path) : kind === 'link' ? readlinkSync(path) : '';
  yield [path, [kind, stat.mode, stat.uid, stat.ino, stat.mtimeNs, stat.ctimeNs, content].join(' ')];
  if (kind === 'directory') for (const name of namesIn(path)) yield* look(join(path, name));
}

/** What its owner has closed stays out of sight. */
function namesIn(directory) {
  try {
    return readdirSync(directory).sort();
  } catch (error) {
    if (error.code !== 'EACCES') throw error;
    return [];
  }
}

function digest(file) {
  try {
    return createHash('sha256').update(readFileSync(file)).digest('hex');
  } catch (error) {
    return error.code;
  }
}
