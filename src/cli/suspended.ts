import type { StateReader } from '../model/ports.ts';

/** Whether an agent is suspended, itself or with its fleet. */
export async function isSuspended(agent: string, state: Pick<StateReader, 'admitted' | 'suspensions'>): Promise<boolean> {
  const suspensions = await state.suspensions();
  if (suspensions.length === 0) return false;
  const fleets = (await state.admitted())?.fleets ?? {};
  return suspensions.some(({ kind, name }) => (kind === 'agent' ? name === agent : fleets[name]?.includes(agent) === true));
}
