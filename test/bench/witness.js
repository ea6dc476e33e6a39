/** Hears from systemd itself when a unit is up or down, on a connection of its own. */
import path from 'node:path';
import { connect } from '../e2e/inside/wire.mjs';
import { now } from './fleet.js';

const manager = ['/org/freedesktop/systemd1', 'org.freedesktop.systemd1.Manager'];
const daemon = ['/org/freedesktop/DBus', 'org.freedesktop.DBus'];
const patienceMs = 60_000;

/** All times are milliseconds as `now` has them. */
export async function hearUnits() {
  const waiting = new Set();
  const bus = connect(
    path.join(process.env.XDG_RUNTIME_DIR ?? '', 'bus'),
    (message) => {
      const change = changeOf(message, now());
      if (change !== null) for (const wait of waiting) wait(change);
    },
    () => {},
  );
  await bus.ready;
  const rule = "type='signal',interface='org.freedesktop.DBus.Properties',member='PropertiesChanged'";
  await bus.call(...daemon, 'AddMatch', [rule], 'org.freedesktop.DBus');
  await bus.call(...manager, 'Subscribe');

  /** That `unit` has become `active` or `inactive` later than `since`: when it was heard, and how long its start had taken. */
  const hears = (unit, state, since) =>
    new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`${unit} has not become ${state}`)), patienceMs);
      const wait = (change) => {
        if (change.path !== pathOf(unit) || change.state !== state || change.entered <= since) return;
        clearTimeout(late);
        waiting.delete(wait);
        resolve(change);
      };
      waiting.add(wait);
    });
  return { hears, close: bus.close };
}

function changeOf({ type, member, path: object, body }, at) {
  if (type !== 4 || member !== 'PropertiesChanged' || body[0] !== 'org.freedesktop.systemd1.Unit') return null;
  const properties = Object.fromEntries(body[1]);
  const ms = (name) => properties[`${name}TimestampMonotonic`] / 1000;
  const state = properties.ActiveState;
  const entered = state === 'active' ? ms('ActiveEnter') : ms('InactiveEnter');
  return { path: object, state, entered, at, took: ms('ActiveEnter') - ms('InactiveExit') };
}

const pathOf = (unit) =>
  `/org/freedesktop/systemd1/unit/${unit.replace(/[^A-Za-z0-9]/g, (character) => `_${character.charCodeAt(0).toString(16)}`)}`;
