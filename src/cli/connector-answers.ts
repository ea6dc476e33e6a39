import type { Question } from '../connectors/questions/question.ts';
import {
  helpWords,
  isSeenReasons,
  isSeenStatus,
  oddWords,
  planWords,
  statusWords,
  unknownWords,
  whyWords,
} from '../connectors/questions/words.ts';
import { controlSocket } from '../control/protocol.ts';
import { runOwn } from '../host/own-command.ts';
import type { HostRoots } from '../host/roots.ts';
import { PortError } from '../model/ports.ts';
import type { Guard } from '../model/shape.ts';
import type { Context } from './context.ts';

/** Nobody's message waits longer for an answer to another one. */
const withinMs = 10_000;

/** What the operator of a fleet asks of the bridge: from the controller, and where none runs from the host itself. */
export function answersOf(
  fleet: string,
  { runtimeDir }: Pick<HostRoots, 'runtimeDir'>,
  context: Pick<Context, 'env' | 'launcher'>,
) {
  const ask = async <T>(isAnswer: Guard<T>, ...command: readonly string[]): Promise<T | null> => {
    const { stdout } = await runOwn([...context.launcher, ...command, '--json'], context.env, withinMs);
    const value = jsonOf(stdout);
    return isAnswer(value) ? value : null;
  };
  return async (question: Question): Promise<string> => {
    switch (question.kind) {
      case 'help':
        return helpWords;
      case 'odd':
        return oddWords;
      case 'status': {
        const status = await ask(isSeenStatus, 'ps');
        if (status === null) throw new Error('this host could not be looked at; on the host: muster ps');
        return statusWords(status, fleet);
      }
      case 'why': {
        const reasons = await ask(isSeenReasons, 'explain', question.name);
        return reasons === null ? unknownWords(question.name, fleet) : whyWords(reasons, fleet);
      }
      case 'plan':
        return planOf(fleet, controlSocket(runtimeDir));
    }
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function planOf(fleet: string, socket: string): Promise<string> {
  const { controlClient } = await import('../control/client.ts');
  try {
    const plan = await controlClient(socket).plan();
    return plan === null ? 'The controller has nothing in force yet; on the host: `muster ps`.' : planWords(plan, fleet);
  } catch (error) {
    if (error instanceof PortError && error.kind === 'unavailable')
      return 'No controller runs on this host, so nobody plans by himself; on the host: `muster plan`.';
    throw error;
  }
}
