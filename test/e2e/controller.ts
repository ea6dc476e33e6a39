import { expect } from 'vitest';
import type { ControllerStatus, HistoryEntry } from '../../src/model/controller.ts';
import type { PrivateHost, Ran, Recorder, Spawned } from './host.ts';
import { type Agents, classes, roster } from './rosters.ts';
import { expectFloor } from './story.ts';

export interface ControllerOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string | null>>;
  /** Relative to the home; default the repository of the host. */
  readonly cwd?: string;
  /** What runs it instead of the program itself; its own arguments follow. */
  readonly through?: readonly string[];
}

/** A controller on a private host, by what it leaves on the disk. */
export abstract class Controlling {
  readonly host: PrivateHost;

  constructor(host: PrivateHost) {
    this.host = host;
  }

  abstract get pid(): Promise<number>;

  abstract signal(signal: NodeJS.Signals): Promise<void>;

  /** As a crash would: no word, no clean-up. Gives the one that comes after it. */
  abstract crash(): Promise<Controlling>;

  /** Expects it to end as it should; gives what it said. */
  abstract stop(): Promise<Pick<Ran, 'stderr'>>;

  protected abstract readonly hasEnded: boolean;

  protected abstract readonly said: string;

  /** What this very process told last. */
  async status(): Promise<ControllerStatus | null> {
    const status = await statusOf(this.host);
    return status?.pid === (await this.pid) ? status : null;
  }

  /** Waits until it tells what is asked for. */
  told(what: string, holds: (status: ControllerStatus) => boolean, timeout?: number): Promise<ControllerStatus> {
    let last: ControllerStatus | null = null;
    const look = async (): Promise<ControllerStatus | false> => {
      if (this.hasEnded) throw new Error('it has ended');
      last = await this.status();
      return last !== null && holds(last) && last;
    };
    return this.host.waitFor(`the controller to tell ${what}`, look, timeout).catch((error) => {
      throw new Error(
        `${error instanceof Error ? error.message : error}\nit tells ${JSON.stringify(last, null, 2)}\nit said ${this.said}`,
      );
    });
  }

  /** The host is as that commit says, and nothing is left to do. */
  applied(commit: string, timeout?: number): Promise<ControllerStatus> {
    return this.told(`that ${commit} is applied`, (status) => status.applied === commit && isQuiet(status), timeout);
  }

  attempted(outcome: string, commit?: string): Promise<ControllerStatus> {
    return this.told(
      `that ${commit ?? 'a revision'} is ${outcome}`,
      ({ attempted }) => attempted?.outcome === outcome && (commit === undefined || attempted.revision === commit),
    );
  }

  /** One pass more than before: whatever had been on its way to it has been looked at. */
  async look(): Promise<ControllerStatus> {
    const before = (await this.told('anything', () => true)).passes;
    await this.signal('SIGHUP');
    return this.told('of another pass', ({ passes, left }) => passes > before && left.length === 0);
  }

  condition(status: ControllerStatus, type: string, fleet = 'coding'): string {
    const found = status.fleets.find(({ name }) => name === fleet)?.conditions.find((condition) => condition.type === type);
    return `${found?.status}: ${found?.reason}`;
  }
}

/** `muster run` as a process of its own. */
export class Controller extends Controlling {
  readonly #process: Spawned;
  protected hasEnded = false;

  constructor(host: PrivateHost, { args = [], env = {}, cwd = 'fleet', through = [] }: ControllerOptions = {}) {
    super(host);
    this.#process = host.spawn([...through, 'muster', 'run', ...args], { cwd, env, timeout: 3_600_000 });
    const ended = (): void => {
      this.hasEnded = true;
    };
    this.#process.done.then(ended, ended);
  }

  get pid(): Promise<number> {
    return this.#process.pid;
  }

  get done(): Promise<Ran> {
    return this.#process.done;
  }

  saw(text: string): Promise<void> {
    return this.#process.saw(text);
  }

  signal(signal: NodeJS.Signals): Promise<void> {
    return this.#process.signal(signal);
  }

  async kill(): Promise<void> {
    await this.signal('SIGKILL');
    await this.done;
  }

  async crash(): Promise<Controller> {
    await this.kill();
    return new Controller(this.host);
  }

  async stop(): Promise<Ran> {
    await this.signal('SIGTERM');
    const ran = await this.done;
    expect(ran, `${ran.stdout}${ran.stderr}`).toMatchObject({ status: 0, signal: null });
    return ran;
  }

  protected get said(): string {
    return this.#process.said.stderr;
  }
}

const service = 'mosaic-controller.service';

/** The one that `muster install` has set up: systemd starts it, and starts it again. */
export class InstalledController extends Controlling {
  protected readonly hasEnded = false;
  protected readonly said = 'what is in the journal';

  static async install(host: PrivateHost): Promise<InstalledController> {
    await host.must(['muster', 'install'], { cwd: 'fleet' });
    return new InstalledController(host);
  }

  get pid(): Promise<number> {
    return this.host.must(['systemctl', '--user', 'show', '--value', '--property=MainPID', service]).then(Number, () => 0);
  }

  async signal(signal: NodeJS.Signals): Promise<void> {
    await this.host.must(['systemctl', '--user', 'kill', `--signal=${signal}`, '--kill-whom=main', service]);
  }

  async crash(): Promise<this> {
    const before = await this.pid;
    await this.signal('SIGKILL');
    await this.host.waitFor('it to be started again', async () => ![0, before].includes(await this.pid));
    return this;
  }

  async stop(): Promise<{ stderr: string }> {
    await this.host.must(['systemctl', '--user', 'stop', service]);
    expect((await this.host.systemctl('show', '--value', '--property=Result', service)).stdout.trim()).toBe('success');
    return { stderr: '' };
  }
}

const isQuiet = ({ left, obstacle, fleets }: ControllerStatus): boolean =>
  left.length === 0 &&
  obstacle === null &&
  fleets.every(({ conditions }) => conditions.every(({ reason }) => reason !== 'Starting' && reason !== 'Progressing'));

/** A host on which a controller has brought this fleet up from nothing, and a recorder that has watched from the beginning. */
export async function controlled(
  host: PrivateHost,
  agents: Agents,
  { more = {}, config, ...options }: ControllerOptions & { readonly more?: object; readonly config?: object } = {},
): Promise<{ readonly recorder: Recorder; readonly controller: Controller; readonly commit: string }> {
  if (config !== undefined) await configure(host, config);
  const commit = await host.commit({ 'rosters/coding.yaml': roster(agents, { ...more }) });
  const recorder = await host.record('first', classes(agents));
  const controller = new Controller(host, options);
  await controller.applied(commit);
  await expectFleet(host, agents);
  return { recorder, controller, commit };
}

export const configure = (host: PrivateHost, config: object): Promise<void> =>
  host.writeFiles({ '.config/mosaic/fleet/controller.yaml': `${JSON.stringify(config)}\n` });

/** The same under a controller that was installed. */
export async function installed(
  host: PrivateHost,
  agents: Agents,
  { config }: { readonly config: object },
): Promise<{ readonly recorder: Recorder; readonly controller: Controlling; readonly commit: string }> {
  await configure(host, { ...config, repository: `${host.home}/fleet` });
  const commit = await host.commit({ 'rosters/coding.yaml': roster(agents, {}) });
  const recorder = await host.record('first', classes(agents));
  const controller = await InstalledController.install(host);
  await controller.applied(commit);
  await expectFleet(host, agents);
  return { recorder, controller, commit };
}

/** Commits another roster, waits until the host is like it; the recorder is told first, so that nothing happens before it knows. */
export async function follow(
  { controller, recorder }: { readonly controller: Controller; readonly recorder: Recorder },
  phase: string,
  agents: Agents,
  { more = {}, message = 'Change the fleet\n\nMuster-Allow-Prune: coding' } = {},
): Promise<string> {
  const { host } = controller;
  await recorder.phase(phase, classes(agents));
  const commit = await host.commit({ 'rosters/coding.yaml': roster(agents, more) }, message);
  await controller.applied(commit);
  await expectFleet(host, agents);
  return commit;
}

/** What systemd and tmux themselves say: these agents run, have a session and come back at boot, and no others. */
export async function expectFleet(host: PrivateHost, agents: Agents): Promise<void> {
  const names = Object.keys(agents).sort();
  const look = async () => ({
    active: await host.activeAgents(),
    enabled: await host.enabledAgents(),
    sessions: (await host.sessions())
      .map(({ agent }) => agent)
      .filter(Boolean)
      .sort(),
  });
  const wanted = { active: names, enabled: names, sessions: names };
  await host
    .waitFor('the fleet to be up', async () => JSON.stringify(await look()) === JSON.stringify(wanted))
    .catch(async (error) => {
      expect(await look(), String(error)).toEqual(wanted);
      throw error;
    });
}

/**
 * The controller ends when it is told to; then nothing is left to do, and the recorder has nothing to say but of the gaps announced.
 * `ref`: the revision in force, where that is not what is checked out.
 */
export async function finish(
  { controller, recorder }: { readonly controller: Controller; readonly recorder: Recorder },
  { announced = [], ref = 'HEAD' }: { readonly announced?: readonly string[]; readonly ref?: string } = {},
): Promise<Ran> {
  const { host } = controller;
  const ran = await controller.stop();
  const plan = await host.muster(['plan', '--detailed-exitcode', '--ref', ref]);
  expect(plan.status, `${plan.stdout}${plan.stderr}${ran.stderr}`).toBe(0);
  await expectFloor(recorder, announced).catch((error) => {
    console.info(ran.stderr);
    throw error;
  });
  return ran;
}

export const stateDir = async (host: PrivateHost): Promise<string> =>
  `.local/state/mosaic/${((await host.readFile('/etc/machine-id')) ?? '').trim()}`;

/** `null` while there is none. */
export async function statusOf(host: PrivateHost): Promise<ControllerStatus | null> {
  const text = await host.readFile(`${await stateDir(host)}/status.json`);
  try {
    return text === null ? null : (JSON.parse(text) as ControllerStatus);
  } catch {
    return null;
  }
}

/** Every line of it has to be whole, unless `damaged` says how many are not. */
export async function historyOf(host: PrivateHost, damaged = 0): Promise<readonly HistoryEntry[]> {
  const text = (await host.readFile(`${await stateDir(host)}/history.jsonl`)) ?? '';
  const lines = text.split('\n').filter(Boolean);
  const entries = lines.flatMap((line): HistoryEntry[] => {
    try {
      return [JSON.parse(line) as HistoryEntry];
    } catch {
      return [];
    }
  });
  expect(lines.length - entries.length, 'lines of the history that cannot be read').toBeLessThanOrEqual(damaged);
  return entries;
}

export type RevisionEntry = Extract<HistoryEntry, { kind: 'revision' }>;
export type PassEntry = Extract<HistoryEntry, { kind: 'pass' }>;

export const revisions = (entries: readonly HistoryEntry[]): readonly RevisionEntry[] =>
  entries.filter((entry): entry is RevisionEntry => entry.kind === 'revision');

export const deeds = (entries: readonly HistoryEntry[]): readonly PassEntry['actions'][number][] =>
  entries.flatMap((entry) => (entry.kind === 'pass' ? entry.actions : []));
