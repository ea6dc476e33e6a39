/**
 * Kills a process group between two of its deeds, as they are seen from outside: the n-th time that systemd tells of a job, of changed
 * links or of a reload, that a file comes or goes in one of the directories, or that a log (`*.jsonl`) grows. It knows nothing of Muster.
 *
 *     node striker.mjs DIRECTORY...
 *
 * A line `PID COUNT` on standard input arms it; a COUNT below 1 disarms it. It answers `{ armed: COUNT }`, and says `{ struck: COUNT, at }`.
 */
import { watch } from 'node:fs';
import { createInterface } from 'node:readline';
import { connect } from './wire.mjs';

const manager = '/org/freedesktop/systemd1';
const telling = new Set(['JobNew', 'JobRemoved', 'UnitFilesChanged', 'Reloading']);
const write = (entry) => process.stdout.write(`${JSON.stringify(entry)}\n`);

let target = null;

function arm(pid, count) {
  target = count > 0 ? { pid, count, seen: 0 } : null;
  write({ armed: count });
}

function boundary(at) {
  if (target === null) return;
  target.seen += 1;
  if (target.seen < target.count) return;
  const { pid, count } = target;
  target = null;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has just ended by itself.
  }
  write({ struck: count, at });
}

for (const directory of process.argv.slice(2)) {
  watch(directory, (event, name) => {
    if (event === 'rename' || name.endsWith('.jsonl')) boundary(`${event} ${name}`);
  });
}
const bus = connect(
  `${process.env.XDG_RUNTIME_DIR}/bus`,
  ({ interface: iface, member, body }) => {
    if (iface === 'org.freedesktop.systemd1.Manager' && telling.has(member)) boundary(`${member} ${body.join(' ')}`);
  },
  () => process.exit(0),
);
await bus.ready;
const rule = `type='signal',sender='org.freedesktop.systemd1',path='${manager}'`;
await bus.call('/org/freedesktop/DBus', 'org.freedesktop.DBus', 'AddMatch', [rule], 'org.freedesktop.DBus');
await bus.call(manager, 'org.freedesktop.systemd1.Manager', 'Subscribe');
createInterface({ input: process.stdin })
  .on('line', (line) => arm(...line.split(' ').map(Number)))
  .on('close', () => process.exit(0));
write({ ready: true });
