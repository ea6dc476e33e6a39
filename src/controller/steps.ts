import type { HostReaders, HostWriters } from '../model/ports.ts';

/** A port that tells of each of its calls that has ended, however it ended: whoever still makes calls is not stuck. */
export function stepping<Port extends object>(port: Port, onStep: () => void): Port {
  return new Proxy(port, {
    get: (target, key) => {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== 'function') return value;
      return (...given: readonly unknown[]): unknown => {
        const answer: unknown = Reflect.apply(value, target, given);
        return answer instanceof Promise ? answer.finally(onStep) : answer;
      };
    },
  });
}

export const steppingReaders = (
  { units, sessions, files, linger, state, ...more }: HostReaders,
  onStep: () => void,
): HostReaders => ({
  ...more,
  units: stepping(units, onStep),
  sessions: stepping(sessions, onStep),
  files: stepping(files, onStep),
  linger: stepping(linger, onStep),
  state: stepping(state, onStep),
});

export const steppingWriters = (
  { units, sessions, files, linger, state, ...more }: HostWriters,
  onStep: () => void,
): HostWriters => ({
  ...more,
  units: stepping(units, onStep),
  sessions: stepping(sessions, onStep),
  files: stepping(files, onStep),
  linger: stepping(linger, onStep),
  state: stepping(state, onStep),
});
