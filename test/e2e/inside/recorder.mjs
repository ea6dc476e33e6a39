/**
 * The independent recorder: writes down what systemd and tmux say of the agents, as it happens, and judges nothing. It uses the
 * raw bus and tmux's own client. One JSON object a line on standard output, times in microseconds of the monotonic clock, which
 * is systemd's as well:
 *
 *   { at, unit, agent, active, sub, invocation, enter, exit, down, up }   a unit as systemd tells it
 *   { at, bus: 'up' | 'gone' }                                            a user manager was found, or went
 *   { at, sessions: [{ name, agent, pid, alive }] }                       all panes on the socket in one look
 *   { at, mark }                                                          answer to a line on standard input, after a fresh look
 *
 *     node recorder.mjs SOCKET
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { connect } from './wire.mjs';

const socketName = process.argv[2] ?? 'mosaic';
const runtime = process.env.XDG_RUNTIME_DIR ?? '';
const manager = '/org/freedesktop/systemd1';
const unitInterface = 'org.freedesktop.systemd1.Unit';
const unitPath = /^\/org\/freedesktop\/systemd1\/unit\/mosaic_2dagent_40(.+)_2eservice$/;
const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
const now = () => Number(process.hrtime.bigint() / 1000n);
const write = (entry) => process.stdout.write(`${JSON.stringify({ at: now(), ...entry })}\n`);

let bus = null;
let lastPanes = '[]';
let looking = null;
let queued = null;

/** After a mark, everything that had happened before it is written down. */
async function answer(mark) {
  if (bus !== null) await list(bus).catch(() => {});
  await lookAtTmux();
  write({ mark });
}

// --- systemd -------------------------------------------------------------------------------------------------------------

async function watchSystemd() {
  for (;;) {
    if (existsSync(`${runtime}/bus`)) await hold().catch(() => {});
    await pause(5);
  }
}

/** One connection as long as it lasts. */
async function hold() {
  let gone = () => {};
  const ended = new Promise((resolve) => {
    gone = resolve;
  });
  const connection = connect(`${runtime}/bus`, hear, () => gone());
  try {
    await connection.ready;
    const rule = `type='signal',sender='org.freedesktop.systemd1',path_namespace='${manager}'`;
    await connection.call('/org/freedesktop/DBus', 'org.freedesktop.DBus', 'AddMatch', [rule], 'org.freedesktop.DBus');
    await connection.call(manager, 'org.freedesktop.systemd1.Manager', 'Subscribe');
    write({ bus: 'up' });
    bus = connection;
    await list(connection);
    await ended;
    write({ bus: 'gone' });
  } finally {
    bus = null;
    connection.close();
  }
}

function hear({ path, interface: iface, member, body }) {
  if (iface !== 'org.freedesktop.DBus.Properties' || member !== 'PropertiesChanged' || body[0] !== unitInterface) return;
  const match = unitPath.exec(path);
  if (match === null) return;
  tell(unlabelled(match[1]), Object.fromEntries(body[1]));
  void lookAtTmux();
}

async function list(connection) {
  const patterns = [[], ['mosaic-agent@*.service']];
  const [rows] = await connection.call(manager, 'org.freedesktop.systemd1.Manager', 'ListUnitsByPatterns', patterns);
  await Promise.all(
    rows.map(async ([unit, , , , , , path]) => {
      const [properties] = await connection.call(path, 'org.freedesktop.DBus.Properties', 'GetAll', [unitInterface]);
      tell(/@(.+)\.service$/.exec(unit)[1], Object.fromEntries(properties));
    }),
  );
}

function tell(agent, properties) {
  const { ActiveState: active, SubState: sub, InvocationID: invocation = [] } = properties;
  if (active === undefined) return;
  write({
    agent,
    active,
    sub,
    invocation: Buffer.from(invocation).toString('hex'),
    enter: properties.ActiveEnterTimestampMonotonic ?? 0,
    exit: properties.ActiveExitTimestampMonotonic ?? 0,
    up: properties.InactiveExitTimestampMonotonic ?? 0,
    down: properties.InactiveEnterTimestampMonotonic ?? 0,
  });
}

/** systemd's bus_label_unescape. */
const unlabelled = (label) => label.replace(/_([0-9a-f]{2})/g, (_, code) => String.fromCharCode(Number.parseInt(code, 16)));

// --- tmux ----------------------------------------------------------------------------------------------------------------

/**
 * A tight poll, and a look at every word of systemd. No control client: one that attaches while a session is being made can
 * bring the server of tmux 3.3a down (a segmentation fault), and a witness must not.
 */
async function watchTmux() {
  for (;;) {
    await lookAtTmux();
    await pause(40);
  }
}

/** One look at a time; who asks during one gets the next. */
function lookAtTmux() {
  if (looking === null) {
    looking = panes().finally(() => {
      looking = null;
    });
    return looking;
  }
  queued ??= looking.then(() => {
    queued = null;
    return lookAtTmux();
  });
  return queued;
}

const format = '#{session_name}\t#{@muster_agent}\t#{pane_pid}\t#{pane_dead}';

async function panes() {
  const text = await tmux(['list-panes', '-a', '-F', format]);
  const rows = text
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split('\t'));
  const sessions = rows.map(([name, agent, pid, dead]) => ({ name, agent, pid: Number(pid), alive: dead === '0' && lives(pid) }));
  const seen = JSON.stringify(sessions);
  if (seen !== lastPanes) write({ sessions });
  lastPanes = seen;
}

function tmux(args) {
  return new Promise((done) => {
    const child = spawn('tmux', ['-N', '-L', socketName, ...args], { stdio: ['ignore', 'pipe', 'ignore'] });
    let text = '';
    child.stdout.on('data', (data) => {
      text += data;
    });
    child.on('error', () => done(''));
    child.on('close', () => done(text));
  });
}

/** tmux may not have heard yet that a process ended. */
function lives(pid) {
  try {
    const state = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '')[0];
    return state !== 'Z' && state !== 'X';
  } catch {
    return false;
  }
}

// Last, when everything above is there.
void watchSystemd();
void watchTmux();
createInterface({ input: process.stdin })
  .on('line', (mark) => void answer(mark))
  .on('close', () => process.exit(0));
