import { type ActivityState, activities, type Heartbeat, type Incarnation } from '../../model/agents.ts';
import { isObject, parsedObject, word } from '../runtimes/json.ts';

/** `null` for whatever is no heartbeat: hooks are anybody's programs. */
export function readHeartbeat(text: string): Heartbeat | null {
  const value = parsedObject(text);
  if (value === null || value.format_version !== '1.0' || !isObject(value.incarnation)) return null;
  const { boot_id: boot, pid, start_time: start } = value.incarnation;
  if (typeof boot !== 'string' || typeof pid !== 'number' || typeof start !== 'number') return null;
  const at = word(value.at);
  if (Number.isNaN(Date.parse(at))) return null;
  return {
    format_version: '1.0',
    agent: word(value.agent),
    incarnation: { boot_id: boot, pid, start_time: start },
    invocation: word(value.invocation),
    state: word(value.state),
    at,
  };
}

/** Whether it speaks for the run whose living processes these are: an old file never speaks for a new agent. */
export function isOfRun(heartbeat: Heartbeat, invocation: string, processes: readonly Incarnation[]): boolean {
  if (heartbeat.invocation !== '' && invocation !== '' && heartbeat.invocation !== invocation) return false;
  const { boot_id: boot, pid, start_time: start } = heartbeat.incarnation;
  return processes.some((process) => process.boot_id === boot && process.pid === pid && process.start_time === start);
}

/** Words of hooks; what is none of them is unknown. */
export function stateOfWord(state: string): ActivityState {
  if (state === 'waiting') return 'waiting-for-input';
  return activities.find((activity) => activity === state) ?? 'unknown';
}
