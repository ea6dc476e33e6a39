import { controllerUnit } from '../model/names.ts';
import { type JobResult, PortError } from '../model/ports.ts';
import { BusError } from './bus.ts';
import { endings, endingWords } from './causes.ts';
import { type Jobs, type JobVerb, watchJobs } from './jobs.ts';
import { type BusSource, callManager, isError, unitProperty } from './manager.ts';

/** The unit of the controller, of which no plan speaks: it is installed, and taken away. */
export interface ControllerService {
  state(): Promise<ServiceState>;
  reload(): Promise<void>;
  enable(): Promise<void>;
  disable(): Promise<void>;
  /** Waits until it is ready, or has ended, for at most `deadline` milliseconds. */
  start(deadline: number): Promise<JobResult>;
  restart(deadline: number): Promise<JobResult>;
  stop(deadline: number): Promise<JobResult>;
}

export interface ServiceState {
  /** systemd's words: see `ObservedUnit`. */
  readonly load: string;
  readonly active: string;
  readonly enabled: boolean;
  /** What is loaded is older than the unit file. */
  readonly stale: boolean;
  /** When the run under way began, in milliseconds since the epoch; `null` where there is none. */
  readonly began: number | null;
  /** What it says of itself. */
  readonly status: string;
  /** How its last run ended; empty while it never did. */
  readonly ending: string;
}

export function controllerService(bus: BusSource): ControllerService {
  let jobs: Promise<Jobs> | null = null;
  const job = async (verb: JobVerb, deadline: number): Promise<JobResult> => {
    jobs ??= bus().then((connection) => watchJobs(connection));
    return (await (await jobs).run(verb, controllerUnit, deadline)) ?? 'lost';
  };
  const call = async (member: string, signature: string, body: readonly unknown[]): Promise<unknown> => {
    const [first] = await callManager(await bus(), member, signature, body, slow);
    return first;
  };
  return {
    state: () => readState(bus, call),
    reload: async () => void (await call('Reload', '', [])),
    enable: async () => void (await call('EnableUnitFiles', 'asbb', [[controllerUnit], false, false])),
    disable: async () => void (await call('DisableUnitFiles', 'asb', [[controllerUnit], false])),
    start: (deadline) => job('StartUnit', deadline),
    restart: (deadline) => job('RestartUnit', deadline),
    stop: (deadline) =>
      job('StopUnit', deadline).catch((error: unknown) => {
        if (isError(error, 'NoSuchUnit')) return 'done';
        throw error;
      }),
  };
}

/** Enablement and reload read every unit file; generators may take their time. */
const slow = 90_000;

type Call = (member: string, signature: string, body: readonly unknown[]) => Promise<unknown>;

async function readState(bus: BusSource, call: Call): Promise<ServiceState> {
  const connection = await bus();
  const path = String(await call('LoadUnit', 's', [controllerUnit]));
  const ofUnit = (property: string) => unitProperty(connection, path, 'Unit', property);
  const ofService = (property: string) => unitProperty(connection, path, 'Service', property);
  const [load, active, stale] = await Promise.all(['LoadState', 'ActiveState', 'NeedDaemonReload'].map(ofUnit));
  const [began, pid, status, code, exit] = await Promise.all(
    ['ExecMainStartTimestamp', 'MainPID', 'StatusText', 'ExecMainCode', 'ExecMainStatus'].map(ofService),
  );
  const how = endings[Number(code)];
  return {
    load: String(load),
    active: String(active),
    enabled: (await enablement(call)) === 'enabled',
    stale: stale === true,
    began: Number(pid) > 0 ? Number(began) / 1000 : null,
    status: String(status),
    ending: how === undefined ? '' : endingWords({ how, status: Number(exit) }),
  };
}

async function enablement(call: Call): Promise<string> {
  try {
    return String(await call('GetUnitFileState', 's', [controllerUnit]));
  } catch (error) {
    if (error instanceof PortError && isAbsent(error)) return 'absent';
    throw error;
  }
}

const isAbsent = (error: PortError): boolean =>
  isError(error, 'NoSuchUnit') || (error instanceof BusError && error.error === 'org.freedesktop.DBus.Error.FileNotFound');
