import type { Profile } from './beginning.ts';

/** The order in which profiles are offered, and what each is for. */
export const profiles: readonly (readonly [profile: Profile, purpose: string])[] = [
  ['general', 'an orchestrator, an enhancer, and a pair of hands'],
  ['coding', 'an orchestrator, two coders, a reviewer'],
  ['research', 'two researchers, and an analyst who weighs what they find'],
  ['hybrid', 'a researcher, a coder, a reviewer'],
  ['local-canary', 'agents that ask no model and cost nothing: to try Muster out'],
  ['minimal', 'one agent, and nobody who watches over it'],
];
