import type { Binding, ControllerConfig, ControllerStatus } from '../model/controller.ts';
import type { ControllerStore } from '../model/controller-ports.ts';
import { PortError } from '../model/ports.ts';
import { exitStatus } from './context.ts';
import { refuse } from './refusal.ts';

/**
 * What a controller here was bound to; `null` where none ever was. Where its record is damaged, what it last told of itself says so.
 * Nobody guesses a branch from what happens to be checked out: where nothing tells, it refuses, unless `controller.yaml` names one.
 */
export async function boundBefore(
  { ref, worktree }: Pick<ControllerConfig, 'ref' | 'worktree'>,
  store: Pick<ControllerStore, 'load'>,
  lastStatus: () => Promise<ControllerStatus | null>,
): Promise<Binding | null> {
  try {
    return (await store.load())?.binding ?? null;
  } catch (error) {
    if (!(error instanceof PortError)) throw error;
    const told = (await lastStatus().catch(() => null))?.binding ?? null;
    if (told !== null || ref !== null || worktree) return told;
    throw refuse(
      {
        code: 'state/unreadable',
        summary: 'which branch is followed here cannot be read',
        detail: `${error.message}. What happens to be checked out may be another one: nothing was done.`,
        hint: 'Say which: ref: NAME in controller.yaml, or --ref NAME',
      },
      exitStatus.misconfigured,
    );
  }
}
