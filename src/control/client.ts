import type { Socket } from 'node:net';
import { StringDecoder } from 'node:string_decoder';
import type { ControllerStatus, HistoryEntry, Suspension } from '../model/controller.ts';
import type { Plan } from '../model/plan.ts';
import { PortError, type PortErrorKind } from '../model/ports.ts';
import type { ReportAnswer } from '../model/report.ts';
import { bodyOf, headOf } from './answer.ts';
import { ask } from './ask.ts';
import { paths, patience } from './protocol.ts';

/**
 * What a running controller answers. Every method rejects with a `PortError`: `unavailable` where no controller runs, `timeout` where one does
 * not answer in time, `refused` where it says no, in its words.
 */
export interface ControlClient {
  /** Waits no longer than this for the answer: milliseconds. */
  status(withinMs?: number): Promise<ControllerStatus>;
  /** `asked`: a connection on which this was asked already. */
  report(withinMs?: number, asked?: Socket): Promise<ReportAnswer>;
  plan(): Promise<Plan | null>;
  reconcile(): Promise<ControllerStatus>;
  suspend(suspension: Omit<Suspension, 'since'>): Promise<ControllerStatus>;
  resume(kind: Suspension['kind'], name: string, by: string): Promise<boolean>;
  /** Resolves once entries are sent; `ended` is called when no more come. Gives the function that ends it. */
  onEntry(listener: (entry: HistoryEntry) => void, ended?: () => void): Promise<() => void>;
}

export function controlClient(socketPath: string): ControlClient {
  const get = <T>(path: Path, withinMs = patience[path], asked = ask(socketPath, 'GET', path)): Promise<T> =>
    exchange(asked, withinMs) as Promise<T>;
  const post = <T>(path: Path, body: object): Promise<T> =>
    exchange(ask(socketPath, 'POST', path, body), patience[path]) as Promise<T>;
  return {
    status: (withinMs) => get(paths.status, withinMs),
    report: (withinMs, asked) => get(paths.report, withinMs, asked),
    plan: () => get<Plan>(paths.plan).catch(noPlan),
    reconcile: () => post(paths.reconcile, {}),
    suspend: (suspension) => post(paths.suspend, suspension),
    resume: async (kind, name, by) => {
      const { resumed } = await post<{ readonly resumed: boolean }>(paths.resume, { kind, name, by });
      return resumed;
    },
    onEntry: (listener, ended) => follow(ask(socketPath, 'GET', paths.events), listener, ended ?? (() => {})),
  };
}

type Path = keyof typeof patience;

/** A controller that says no: with the code of its answer. */
class Refused extends PortError {
  readonly code: string;
  constructor(kind: PortErrorKind, code: string, message: string) {
    super(kind, message);
    this.code = code;
  }
}

function noPlan(error: unknown): null {
  if (error instanceof Refused && error.code === 'no-plan') return null;
  throw error;
}

/** Ends the connection whatever comes of it. */
async function exchange(socket: Socket, withinMs: number): Promise<unknown> {
  return inTime(socket, withinMs, async () => {
    const head = await headOf(socket);
    const answer = jsonOf(await bodyOf(socket, head));
    socket.destroy();
    if (head.status !== 200) throw refusalOf(answer, head.status);
    if (!isOfThisVersion(answer))
      throw new PortError('failed', 'the controller answers in a format that this version does not know');
    return answer;
  });
}

/** Rejects with a `PortError`, and then the connection has ended. */
async function inTime<T>(socket: Socket, withinMs: number, work: () => Promise<T>): Promise<T> {
  const late = new PortError('timeout', `the controller did not answer within ${withinMs / 1000} s`);
  const timer = setTimeout(() => socket.destroy(late), withinMs);
  try {
    return await work();
  } catch (error) {
    socket.destroy();
    throw asPortError(error);
  } finally {
    clearTimeout(timer);
  }
}

function follow(socket: Socket, listener: (entry: HistoryEntry) => void, ended: () => void): Promise<() => void> {
  return inTime(socket, patience[paths.events], async () => {
    const head = await headOf(socket);
    if (head.status !== 200) throw refusalOf(jsonOf(await bodyOf(socket, head)), head.status);
    deliver(socket, head.begun, listener, ended);
    return () => socket.destroy();
  });
}

function deliver(socket: Socket, begun: Buffer, listener: (entry: HistoryEntry) => void, ended: () => void): void {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  const take = (chunk: Buffer): void => {
    const lines = `${rest}${decoder.write(chunk)}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const entry = jsonOf(line);
      if (isOfThisVersion(entry)) listener(entry as unknown as HistoryEntry);
    }
  };
  // The controller ended, or whoever listened has had enough.
  socket.on('error', () => {}).once('close', ended);
  take(begun);
  socket.on('data', take).resume();
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const isFields = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null;

const isOfThisVersion = (value: unknown): value is Readonly<Record<string, unknown>> =>
  isFields(value) && typeof value.format_version === 'string' && value.format_version.startsWith('1.');

function refusalOf(answer: unknown, status: number): PortError {
  const error = isFields(answer) && isFields(answer.error) ? answer.error : {};
  const code = String(error.code ?? status);
  const kind = code === 'timeout' ? 'timeout' : code === 'internal' ? 'failed' : 'refused';
  return new Refused(kind, code, String(error.summary ?? `the controller answers with status ${status}`));
}

const nobodyThere: ReadonlySet<string> = new Set(['ENOENT', 'ECONNREFUSED', 'ENOTSOCK', 'ENOTDIR']);

function asPortError(error: unknown): PortError {
  if (error instanceof PortError) return error;
  const { code, message } =
    error instanceof Error ? (error as NodeJS.ErrnoException) : { code: undefined, message: String(error) };
  if (code !== undefined && nobodyThere.has(code)) return new PortError('unavailable', 'no controller runs', { cause: error });
  return new PortError('failed', `the controller cannot be asked: ${message}`, { cause: error });
}
