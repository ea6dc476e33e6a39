import { connectHost } from '../host/connect.ts';
import type { HostFacts } from '../model/observation.ts';
import type { Context } from './context.ts';
import { controllerNow } from './controller.ts';
import { desiredInForce, type InForceFlags } from './in-force.ts';
import { type Look, looker } from './look.ts';

export interface Looking {
  look(): Promise<Look>;
  close(): Promise<void>;
}

/** Looks of this process at the host that it is on; each reads the rosters anew. */
export function lookHere(dir: string | undefined, flags: InForceFlags, facts: HostFacts, context: Context): Looking {
  const host = connectHost(facts, context.env);
  const look = looker(facts, context);
  return {
    look: () =>
      look(host.readers, {
        inForce: desiredInForce(dir, flags, facts, host.readers.state, context),
        controller: controllerNow(facts, host.readers, context),
      }),
    close: () => host.close(),
  };
}
