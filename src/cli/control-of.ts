import { type ControlClient, controlClient } from '../control/client.ts';
import { controlSocket } from '../control/protocol.ts';
import { hostRoots } from '../host/facts.ts';
import type { HostFacts } from '../model/observation.ts';
import type { Context } from './context.ts';

/** The controller of this user on this machine, whether one runs or not. */
export const controlOf = (facts: HostFacts, { env }: Pick<Context, 'env'>): ControlClient =>
  controlClient(controlSocket(hostRoots(facts, env).runtimeDir));
