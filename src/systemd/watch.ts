import { parseUnit } from '../model/names.ts';
import { type Bus, type BusSignal, daemon } from './bus.ts';
import { managerInterface, signalRules, subscribe, unitInterface } from './manager.ts';

export interface Watch {
  /** Settles when the bus has dropped: nothing is heard any more, whoever watches has to connect anew and look. */
  readonly closed: Promise<void>;
  end(): void;
}

/**
 * Says that something may have changed: the name of one of our units, or `null` where it may be any of them. Signals say no more than
 * that. What happens to other units is not told, nor what our own reading does, and a reload is one change, not the death of all.
 * `patience`: milliseconds after which a reload whose end was not told counts as done.
 */
export async function watchUnits(bus: Bus, onChange: (unit: string | null) => void, patience = 5000): Promise<Watch> {
  const reload = reloading(() => onChange(null), patience);
  const endListening = bus.onSignal((signal) => {
    if (isManager(signal) && signal.member === 'Reloading') reload.heard(signal.body[0] === true);
    // Another manager knows nothing of our subscription. Where it cannot be asked it is gone again.
    if (isNewManager(signal)) subscribe(bus, signalRules.changes).catch(() => {});
    const told = changeOf(signal);
    if (told !== undefined && !reload.underWay()) onChange(told.unit);
  });
  const end = (): void => {
    endListening();
    reload.end();
  };
  void bus.closed.then(end);
  await listen(bus).catch((error: unknown) => {
    end();
    throw error;
  });
  return { closed: bus.closed, end };
}

async function listen(bus: Bus): Promise<void> {
  const ownerChanges = `type='signal',sender='${daemon.destination}',member='NameOwnerChanged',arg0='org.freedesktop.systemd1'`;
  await bus.call({ ...daemon, member: 'AddMatch', signature: 's', body: [ownerChanges] });
  await subscribe(bus, signalRules.changes);
}

interface Reload {
  heard(begun: boolean): void;
  underWay(): boolean;
  end(): void;
}

/** While it reloads the manager drops and makes every unit. What really happened meanwhile is seen by the look that follows. */
function reloading(onDone: () => void, patience: number): Reload {
  let late: NodeJS.Timeout | null = null;
  const end = (): void => {
    if (late !== null) clearTimeout(late);
    late = null;
  };
  const done = (): void => {
    end();
    onDone();
  };
  return {
    heard: (begun) => {
      if (!begun) return done();
      end();
      late = setTimeout(done, patience);
    },
    underWay: () => late !== null,
    end,
  };
}

/** What a signal says may have changed; undefined where that is nothing of ours. */
function changeOf(signal: BusSignal): { readonly unit: string | null } | undefined {
  if (isNewManager(signal)) return { unit: null };
  if (isManager(signal)) return changeOfManager(signal);
  if (signal.member !== 'PropertiesChanged' || signal.body[0] !== unitInterface) return undefined;
  return ofOurs(unitOfPath(signal.path));
}

function changeOfManager({ member, body }: BusSignal): { readonly unit: string | null } | undefined {
  switch (member) {
    case 'JobRemoved':
      return ofOurs(body[2]);
    case 'UnitNew':
    case 'UnitRemoved':
      return ofOurs(body[0]);
    case 'UnitFilesChanged':
      return { unit: null };
    default:
      return undefined;
  }
}

const isManager = (signal: BusSignal): boolean => signal.interface === managerInterface;

const isNewManager = ({ member, interface: name, body }: BusSignal): boolean =>
  member === 'NameOwnerChanged' && name === daemon.interface && body[2] !== '';

const ofOurs = (unit: unknown): { readonly unit: string } | undefined =>
  typeof unit === 'string' && parseUnit(unit) !== null ? { unit } : undefined;

const unitPaths = '/org/freedesktop/systemd1/unit/';

/** systemd's object path of a unit has `_` and two hexadecimal digits for every byte that is neither letter nor digit. */
function unitOfPath(path: string): string | undefined {
  if (!path.startsWith(unitPaths)) return undefined;
  const escaped = path.slice(unitPaths.length);
  return escaped.replace(/_([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
