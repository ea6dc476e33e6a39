import type { HostState } from '../model/host-state.ts';
import type { PatchOperation } from '../model/plan.ts';
import type { Derived } from './derive.ts';
import { unescapePointer } from './pointer.ts';

/** Places that differ now although the last admitted revision had brought them to what is still desired. */
export function driftOf(patch: readonly PatchOperation[], derived: Derived): string[] {
  const { admitted } = derived.observation;
  if (!admitted.known || admitted.value === null) return [];
  const reached = admitted.value.state;
  return patch.filter(({ path, value }) => valueAt(reached, path) === value).map(({ path }) => path);
}

/** What a state says at a pointer, absence spelled out as in the documents that are compared. */
function valueAt(state: HostState, path: string): unknown {
  const [, section, escaped = '', field] = path.split('/');
  const key = unescapePointer(escaped);
  switch (section) {
    case 'linger':
      return state.linger;
    case 'files':
      return state.files[key] ?? null;
    case 'sessions':
      return state.sessions[key] ?? false;
    default:
      return field === 'config'
        ? (state.units[key]?.config ?? null)
        : (state.units[key]?.[field === 'enabled' ? 'enabled' : 'active'] ?? false);
  }
}
