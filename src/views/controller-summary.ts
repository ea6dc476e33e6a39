import type { ControllerStatus } from '../model/controller.ts';

/** A controller in one line, as `systemctl status` shows it. */
export function renderSummary({ applied, fleets, obstacle, left }: ControllerStatus): string {
  const wrong = fleets.filter(({ conditions }) =>
    conditions.some(({ type, status }) => type !== 'Suspended' && status === 'False'),
  );
  const fine = fleets.length === 1 ? 'its fleet is as it should be' : `its ${fleets.length} fleets are as they should be`;
  const state = obstacle ?? (wrong.length > 0 ? `not as it should be: ${wrong.map(({ name }) => name).join(', ')}` : fine);
  const open = left.length === 0 ? '' : `; ${left.length} ${left.length === 1 ? 'action' : 'actions'} to go`;
  return `${state}; revision ${applied?.slice(0, 12) ?? 'none'}${open}`;
}
