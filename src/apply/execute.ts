import type { Desired } from '../model/desired.ts';
import type { Observation } from '../model/observation.ts';
import type { Action } from '../model/plan.ts';
import { type HostReaders, type HostWriters, type JobResult, PortError } from '../model/ports.ts';

/** What actions are carried out with. */
export interface Deeds {
  readonly desired: Desired;
  /** What the plan was made from. */
  readonly observation: Observation;
  readonly readers: Pick<HostReaders, 'units' | 'files'>;
  readonly writers: HostWriters;
}

/**
 * Carries out one action: the only place where a verb becomes a call. Rejects with a `PortError` when it did not come about. A job is
 * asked for anew only while `mayInsist`: nothing is begun for a run that is over.
 */
export async function execute(action: Action, deeds: Deeds, mayInsist: () => boolean = () => true): Promise<void> {
  const { writers } = deeds;
  switch (action.verb) {
    case 'write':
      return writeFile(action, deeds);
    case 'remove':
      return writers.files.remove(targetOf(action));
    case 'linger':
      return writers.linger.enable();
    case 'reload':
      return writers.units.reload();
    case 'reset-failed':
      return writers.units.resetFailed(unitOf(action));
    case 'enable':
      return writers.units.enable([unitOf(action)]);
    case 'disable':
      return writers.units.disable([unitOf(action)]);
    case 'start':
      return succeed(action, await insist(() => writers.units.start(unitOf(action)), mayInsist));
    case 'restart':
      return succeed(action, await insist(() => writers.units.restart(unitOf(action)), mayInsist));
    case 'stop':
      return succeed(action, await writers.units.stop(unitOf(action)));
    case 'kill-session':
      return killSession(action, deeds);
  }
}

/** `enable` and `disable` of many units are one call to systemd. */
export const isBatched = ({ verb }: Action): boolean => verb === 'enable' || verb === 'disable';

export async function executeBatch(actions: readonly Action[], writers: HostWriters): Promise<void> {
  const units = actions.map(unitOf);
  if (actions[0]?.verb === 'disable') return writers.units.disable(units);
  return writers.units.enable(units);
}

async function writeFile(action: Action, { desired, writers }: Deeds): Promise<void> {
  const key = targetOf(action);
  const content = desired.files.get(key);
  if (content === undefined) throw new Error(`the plan writes ${key}, of which desired state knows no content`);
  return writers.files.write(key, content);
}

async function killSession(action: Action, { observation, writers }: Deeds): Promise<void> {
  const id = targetOf(action);
  const session = observation.tmux.known ? observation.tmux.value.sessions.find((seen) => seen.id === id) : undefined;
  if (!observation.tmux.known || session === undefined) throw new Error(`the plan ends session ${id}, which was not seen`);
  return writers.sessions.kill(observation.tmux.value.socket, session);
}

/** A job of systemd's own may take the place of ours, as when the holder comes back and takes its agents along: ours is asked for anew. */
const tries = 3;

async function insist(job: () => Promise<JobResult>, mayInsist: () => boolean): Promise<JobResult> {
  let result = await job();
  const isOusted = (): boolean => result === 'canceled' || result === 'dependency';
  for (let again = 1; again < tries && isOusted() && mayInsist(); again++) result = await job();
  return result;
}

const outcomes: Readonly<Record<Exclude<JobResult, 'done'>, string>> = {
  failed: 'its job failed',
  timeout: 'its job timed out',
  canceled: 'its job was cancelled by another one',
  dependency: 'a unit that it needs failed',
  skipped: 'systemd skipped its job',
  lost: 'its job did not end in time',
};

function succeed(action: Action, result: JobResult): void {
  if (result === 'done') return;
  const unit = unitOf(action);
  throw new PortError('failed', `${unit}: ${outcomes[result]}; journalctl --user -u ${unit} tells why`);
}

function unitOf(action: Action): string {
  if (action.unit === null) throw new Error(`${action.id} names no unit`);
  return action.unit;
}

function targetOf(action: Action): string {
  if (action.target === null) throw new Error(`${action.id} names no target`);
  return action.target;
}
