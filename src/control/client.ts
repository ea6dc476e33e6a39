import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import type { ControllerStatus, HistoryEntry, Suspension } from '../model/controller.ts';
import type { Plan } from '../model/plan.ts';
import { PortError, type PortErrorKind } from '../model/ports.ts';
import type { ReportAnswer } from '../model/report.ts';
import { paths, patience } from './protocol.ts';

/**
 * What a running controller answers. Every method rejects with a `PortError`: `unavailable` where no controller runs, `timeout` where one does
 * not answer in time, `refused` where it says no, in its words.
 */
export interface ControlClient {
  /** Waits no longer than this for the answer: milliseconds. */
  status(withinMs?: number): Promise<ControllerStatus>;
  report(withinMs?: number): Promise<ReportAnswer>;
  plan(): Promise<Plan | null>;
  reconcile(): Promise<ControllerStatus>;
  suspend(suspension: Omit<Suspension, 'since'>): Promise<ControllerStatus>;
  resume(kind: Suspension['kind'], name: string, by: string): Promise<boolean>;
  /** Resolves once entries are sent; `ended` is called when no more come. Gives the function that ends it. */
  onEntry(listener: (entry: HistoryEntry) => void, ended?: () => void): Promise<() => void>;
}

export function controlClient(socketPath: string): ControlClient {
  const ask = <T>(method: 'GET' | 'POST', path: Path, body?: object, withinMs = patience[path]): Promise<T> =>
    exchange(socketPath, method, path, body, withinMs) as Promise<T>;
  return {
    status: (withinMs) => ask('GET', paths.status, undefined, withinMs),
    report: (withinMs) => ask('GET', paths.report, undefined, withinMs),
    plan: () => ask<Plan>('GET', paths.plan).catch(noPlan),
    reconcile: () => ask('POST', paths.reconcile, {}),
    suspend: (suspension) => ask('POST', paths.suspend, suspension),
    resume: async (kind, name, by) => {
      const { resumed } = await ask<{ readonly resumed: boolean }>('POST', paths.resume, { kind, name, by });
      return resumed;
    },
    onEntry: (listener, ended) => follow(socketPath, listener, ended ?? (() => {})),
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

async function exchange(
  socketPath: string,
  method: 'GET' | 'POST',
  path: Path,
  body: object | undefined,
  withinMs: number,
): Promise<unknown> {
  const deadline = AbortSignal.timeout(withinMs);
  try {
    const response = await open(socketPath, method, path, body, deadline);
    const answer = jsonOf(await textOf(response));
    if (response.statusCode !== 200) throw refusalOf(answer, response.statusCode ?? 0);
    if (!isOfThisVersion(answer))
      throw new PortError('failed', 'the controller answers in a format that this version does not know');
    return answer;
  } catch (error) {
    throw asPortError(error, deadline, withinMs);
  }
}

function open(
  socketPath: string,
  method: 'GET' | 'POST',
  path: string,
  given: object | undefined,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const text = given === undefined ? '' : JSON.stringify(given);
    const body = text === '' ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
    const headers = { host: 'controller', ...body };
    // An agent would work out whether the host is an address, which costs a start milliseconds.
    const createConnection = () => connect(socketPath);
    const asked = request({ createConnection, method, path, headers, signal }, resolve);
    asked.once('error', reject);
    asked.end(text);
  });
}

/** More than any answer ever is. */
const largest = 64 * 1024 * 1024;

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > largest) throw new PortError('failed', `the controller answers with over ${largest} bytes`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function follow(socketPath: string, listener: (entry: HistoryEntry) => void, ended: () => void): Promise<() => void> {
  const withinMs = patience[paths.events];
  const opening = new AbortController();
  const timer = setTimeout(() => opening.abort(), withinMs);
  try {
    const response = await open(socketPath, 'GET', paths.events, undefined, opening.signal);
    if (response.statusCode !== 200) throw refusalOf(jsonOf(await textOf(response)), response.statusCode ?? 0);
    void deliver(response, listener).then(ended);
    return () => response.destroy();
  } catch (error) {
    throw asPortError(error, opening.signal, withinMs);
  } finally {
    clearTimeout(timer);
  }
}

async function deliver(response: IncomingMessage, listener: (entry: HistoryEntry) => void): Promise<void> {
  let rest = '';
  try {
    for await (const chunk of response.setEncoding('utf8')) {
      const lines = `${rest}${chunk}`.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const entry = jsonOf(line);
        if (isOfThisVersion(entry)) listener(entry as unknown as HistoryEntry);
      }
    }
  } catch {
    // The controller ended, or whoever listened has had enough.
  }
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

function asPortError(error: unknown, deadline: AbortSignal, withinMs: number): PortError {
  if (error instanceof PortError) return error;
  if (deadline.aborted)
    return new PortError('timeout', `the controller did not answer within ${withinMs / 1000} s`, { cause: error });
  const { code, message } =
    error instanceof Error ? (error as NodeJS.ErrnoException) : { code: undefined, message: String(error) };
  if (code !== undefined && nobodyThere.has(code)) return new PortError('unavailable', 'no controller runs', { cause: error });
  return new PortError('failed', `the controller cannot be asked: ${message}`, { cause: error });
}
