import { existsSync } from 'node:fs';
import { controlSocket } from '../control/protocol.ts';
import { hostRoots } from '../host/facts.ts';
import { statusFile } from '../host/status-file.ts';
import { controllerUnit, unitFile } from '../model/names.ts';
import type { HostFacts } from '../model/observation.ts';
import { type HostReaders, PortError } from '../model/ports.ts';
import type { StatusController } from '../model/status.ts';
import type { Context } from './context.ts';
import { controlOf } from './control-of.ts';
import { type Refusal, refuse } from './refusal.ts';

/** A status is quick; whoever takes longer does not answer. */
const answerMs = 2000;

/** Whether a controller runs: the socket says so, what it last wrote does not. Never rejects. */
export async function controllerNow(
  facts: HostFacts,
  readers: Pick<HostReaders, 'files'>,
  context: Pick<Context, 'env'>,
): Promise<StatusController> {
  const answer = await statusNow(facts, context);
  const installed = (await readers.files.read(unitFile(controllerUnit)).catch(() => null)) !== null;
  if (!(answer instanceof Error)) return { state: 'running', installed, status: answer as StatusController['status'] };
  const status = await statusFile(facts.stateDir)
    .read()
    .catch(() => null);
  if (!(answer instanceof PortError && answer.kind === 'unavailable')) return { state: 'unresponsive', installed, status };
  return { state: installed || status !== null ? 'stopped' : 'none', installed, status };
}

/** Without a socket there is nobody to ask, and asking costs as much as all else that is read of a controller. */
async function statusNow(facts: HostFacts, context: Pick<Context, 'env'>): Promise<unknown> {
  if (!existsSync(controlSocket(hostRoots(facts, context.env).runtimeDir)))
    return new PortError('unavailable', 'no controller runs');
  return controlOf(facts, context)
    .status(answerMs)
    .catch((error: unknown) => error);
}

/** Gives `null` where no controller runs; refuses where one runs and does not do it. */
export async function askController<T>(work: Promise<T>): Promise<{ readonly answer: T } | null> {
  try {
    return { answer: await work };
  } catch (error) {
    if (!(error instanceof PortError)) throw error;
    if (error.kind === 'unavailable') return null;
    throw noAnswer(error);
  }
}

const noAnswer = ({ kind, message }: PortError): Refusal =>
  refuse({
    code: 'controller/no-answer',
    summary: kind === 'refused' ? 'the controller refused that' : 'the controller runs, and did not do it',
    detail: message,
    hint: 'See what it says: journalctl --user -u mosaic-controller',
  });
