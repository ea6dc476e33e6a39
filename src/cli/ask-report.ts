import { existsSync } from 'node:fs';
import { controlSocket } from '../control/protocol.ts';
import { hostRoots } from '../host/facts.ts';
import type { HostFacts } from '../model/observation.ts';
import { PortError } from '../model/ports.ts';
import type { ReportAnswer } from '../model/report.ts';
import type { Context } from './context.ts';
import { controlOf } from './control-of.ts';

/** A look takes milliseconds; whoever takes longer does not answer. */
const answerMs = 2000;

/**
 * Asks the controller of this user for the status of its fleets. `null`: whoever asks has to look himself, as no controller runs, it has
 * nothing in force, it does not know this question, or it keeps its files elsewhere. One that does not answer is not asked again.
 */
export function reportAsker(facts: HostFacts, context: Pick<Context, 'env' | 'asked'>): () => Promise<ReportAnswer | null> {
  const socket = controlSocket(hostRoots(facts, context.env).runtimeDir);
  let { asked } = context;
  let isSilent = false;
  return async () => {
    const ahead = asked;
    asked = undefined;
    if (isSilent || (ahead === undefined && !existsSync(socket))) return null;
    try {
      const answer = await controlOf(facts, context).report(answerMs, ahead);
      return isOfSameHost(answer.facts, facts) ? answer : null;
    } catch (error) {
      isSilent = !(error instanceof PortError && error.kind === 'unavailable');
      return null;
    }
  };
}

const isOfSameHost = (a: HostFacts, b: HostFacts): boolean =>
  a.host === b.host && a.tenant === b.tenant && a.home === b.home && a.mosaicHome === b.mosaicHome && a.stateDir === b.stateDir;
