import type { Agent, Roster } from '../model/roster.ts';

/** Only this profile does without the floor. */
export const floorWaived = (roster: Roster): boolean => roster.profile === 'minimal';

/** Counts for the floor: up now, and up again after a reboot, without anybody's help. */
export const standsByItself = (agent: Agent): boolean => agent.enabled && agent.state === 'running' && agent.lifecycle === 'core';

/** What keeps an agent from counting. */
export function whyNot(agent: Agent): { readonly key: string; readonly words: string; readonly hint: string } {
  if (agent.state !== 'running') return { key: 'state', words: 'is stopped', hint: 'take `state: stopped` out' };
  if (agent.lifecycle !== 'core') return { key: 'lifecycle', words: 'is ephemeral', hint: 'take `lifecycle: ephemeral` out' };
  return { key: 'enabled', words: 'is disabled', hint: 'take `enabled: false` out' };
}
