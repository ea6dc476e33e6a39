import { agentTemplate, holderUnit, unitFile } from '../model/names.ts';
import type { Observation } from '../model/observation.ts';
import type { Derived, Verdict } from './derive.ts';
import { isRunning } from './roles.ts';

/** Somebody masked it by hand: it may run, and does not come back once it has ended. */
export const isMasked = (verdict: Verdict | undefined): boolean =>
  verdict !== undefined && (verdict.raw.load === 'masked' || verdict.raw.enablement.startsWith('masked'));

/** In place of a unit file of ours there is a mask. */
export const isMaskedFile = (unit: string, { files }: Observation): boolean =>
  files.known && files.value[unitFile(unit)]?.masked === true;

/** What every agent needs to start, and somebody masked, so that none can; `null`: nothing. */
export function maskInTheWay({ observation, verdicts }: Derived): string | null {
  if (isMaskedFile(agentTemplate, observation)) return agentTemplate;
  const holder = verdicts.get(holderUnit);
  const masked = isMaskedFile(holderUnit, observation) || isMasked(holder);
  return masked && (holder === undefined || !isRunning(holder)) ? holderUnit : null;
}
