import type { HostConnection } from '../host/connect.ts';
import { hostFacts } from '../host/facts.ts';
import type { HostFacts } from '../model/observation.ts';
import type { Context } from './context.ts';
import type { HostFlags } from './flags.ts';

export const factsOf = ({ host, tenant }: HostFlags, { env, uid, hostname, launcher }: Context): HostFacts =>
  hostFacts({ env, uid, hostname, launcher, overrides: { host, tenant } });

/** Facts of a host that is not at hand, for comparing two revisions: whatever they are, they are the same on both sides. */
export function factsElsewhere(flags: HostFlags, context: Context): HostFacts {
  const here = factsOf(flags, context);
  const home = `/home/${here.tenant}`;
  return { ...here, home, mosaicHome: `${home}/.config/mosaic`, stateDir: `${home}/.local/state/mosaic`, launcher: ['muster'] };
}

/** A host to read, closed again whatever happens. */
export async function withHost<T>(facts: HostFacts, context: Context, work: (host: HostConnection) => Promise<T>): Promise<T> {
  const { connectHost } = await import('../host/connect.ts');
  const host = connectHost(facts, context.env);
  try {
    return await work(host);
  } finally {
    await host.close();
  }
}
