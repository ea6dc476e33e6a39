import { constants } from 'node:os';
import type { Sighting } from '../model/controller.ts';
import type { ObservedUnit, UnitDetail } from '../model/observation.ts';

/** What was seen of an agent that is to be enabled and live, without our having stopped it. */
export interface Seen {
  /** Absent where systemd and the disk know nothing of it. */
  readonly unit: ObservedUnit | undefined;
  readonly detail: UnitDetail | undefined;
  /** It has a living session of the run under way. */
  readonly session: boolean;
  /** It was live when it was last looked at: systemd forgets a unit that is at rest and that nothing refers to. */
  readonly ran?: boolean;
}

export type Cause = Pick<Sighting, 'cause' | 'detail'>;

/** Exit status of an agent's program, or of our supervisor, that means its configuration: systemd does not restart it. */
export const misconfigured = 78;
/** Exit status of our supervisor when the pane was killed from under it. */
const paneKilled = 70;

/** How a unit came to be as it was seen; `null` when there is nothing wrong with it, or it is on its way. */
export function sightingOf({ unit, detail, session, ran = false }: Seen): Cause | null {
  if (unit === undefined) return ran ? stoppedByHand([]) : { cause: 'not-started', detail: '' };
  if (unit.load === 'masked' || unit.enablement.startsWith('masked')) return { cause: 'masked-by-hand', detail: unit.enablement };
  const disabled = unit.enablement.startsWith('disabled') || unit.enablement === 'enabled-runtime';
  switch (unit.active) {
    case 'failed':
      return failure(detail);
    case 'inactive':
      return rest(detail, ran || (detail?.since ?? 0) > 0, disabled);
    case 'active':
    case 'reloading':
      if (!session) return { cause: 'session-ended', detail: 'its unit is active' };
      return disabled ? { cause: 'disabled-by-hand', detail: unit.enablement } : null;
    case 'activating':
      return unit.sub === 'auto-restart' ? failure(detail) : null;
    default:
      return null;
  }
}

/** A unit that failed is `failed`: what is merely inactive was stopped, or never began. */
function rest(detail: UnitDetail | undefined, ran: boolean, disabled: boolean): Cause {
  if (detail?.result !== undefined && detail.result !== 'success') return failure(detail);
  if (!ran && detail?.exit === undefined) return { cause: 'not-started', detail: '' };
  return stoppedByHand([
    ...(detail?.exit?.how === 'exited' ? [endingWords(detail.exit)] : []),
    ...(disabled ? ['disabled, too'] : []),
  ]);
}

const stoppedByHand = (notes: readonly string[]): Cause => ({ cause: 'stopped-by-hand', detail: notes.join(', ') });

/** How a run ended after which another one began. `again`: systemd began that by itself, so nobody had stopped the one before. */
export const causeOfEnd = (end: Pick<UnitDetail, 'result' | 'exit'>, again: boolean): Cause =>
  again || end.result !== 'success' ? failure(end) : stoppedByHand(end.exit?.how === 'exited' ? [endingWords(end.exit)] : []);

function failure(detail: Pick<UnitDetail, 'result' | 'exit'> | undefined): Cause {
  const { result = '', exit } = detail ?? {};
  const how = exit === undefined ? '' : endingWords(exit);
  // Of a unit that systemd gave up on, only the exit status tells why it kept ending.
  // Its main process is then ended by systemd: how says nothing.
  if (result === 'oom-kill') return { cause: 'out-of-memory', detail: '' };
  if (result === 'timeout' || result === 'watchdog') return { cause: 'timed-out', detail: how || result };
  // It runs again by now, and nobody asked in time.
  if (exit === undefined && result === 'success') return { cause: 'ended', detail: '' };
  if (exit === undefined) return { cause: beforeItRan.has(result) ? 'not-started' : 'crashed', detail: result };
  if (exit.how === 'exited') return { cause: causeOfStatus(exit.status), detail: how };
  return { cause: causeOfSignal(exit.status), detail: how };
}

/** Results of a start that came to no run: something in the way, such as a file that is missing. */
const beforeItRan: ReadonlySet<string> = new Set(['resources', 'exec-condition', 'start-limit-hit']);

function causeOfStatus(status: number): Cause['cause'] {
  if (status === misconfigured) return 'misconfigured';
  if (status === paneKilled) return 'session-ended';
  return shellSignal(status) === null ? 'crashed' : causeOfSignal(status - 128);
}

/** A shell says so that its program was ended by a signal. */
const shellSignal = (status: number): string | null => (status > 128 ? (signalNames.get(status - 128) ?? null) : null);

const causeOfSignal = (signal: number): Cause['cause'] => (ownFaults.has(signal) ? 'crashed' : 'killed');

const { SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS, SIGTRAP } = constants.signals;
/** Signals that a program brings upon itself. */
const ownFaults: ReadonlySet<number> = new Set([SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS, SIGTRAP]);

/** systemd's ExecMainCode: `si_code` of waitid(2). */
export const endings: Readonly<Record<number, 'exited' | 'killed' | 'dumped'>> = { 1: 'exited', 2: 'killed', 3: 'dumped' };

/** The same in the words of `$EXIT_CODE` and `$EXIT_STATUS` (systemd.exec(5)): a signal has its name; `null` where nothing ran. */
export function endingOf(code: string, status: string): NonNullable<UnitDetail['exit']> | null {
  const how = Object.values(endings).find((word) => word === code);
  const number = how === 'exited' ? Number(status || Number.NaN) : [...signalNames].find(([, name]) => name === status)?.[0];
  return how === undefined || number === undefined || !Number.isInteger(number) ? null : { how, status: number };
}

/** Such as `exit status 7`, `signal 9 (KILL)`. */
export function endingWords({ how, status }: NonNullable<UnitDetail['exit']>): string {
  if (how !== 'exited') return `${signalWords(status)}${how === 'dumped' ? ', core dumped' : ''}`;
  const meant = supervisorWords.get(status);
  if (meant !== undefined) return `exit status ${status}: as when ${meant}`;
  return shellSignal(status) === null ? `exit status ${status}` : `exit status ${status}: ${signalWords(status - 128)}`;
}

/** `units/mosaic-agent-run` ends with these before it has started a program, which may use them, too. */
const supervisorWords: ReadonlyMap<number, string> = new Map([
  [66, 'its working directory cannot be entered'],
  [69, 'its tmux server cannot be used'],
]);

const signalWords = (signal: number): string => {
  const name = signalNames.get(signal);
  return name === undefined ? `signal ${signal}` : `signal ${signal} (${name})`;
};

/** Of several names for one number the first, which is the usual one. */
const signalNames: ReadonlyMap<number, string> = new Map(
  Object.entries(constants.signals)
    .reverse()
    .map(([name, signal]) => [signal, name.slice('SIG'.length)]),
);
