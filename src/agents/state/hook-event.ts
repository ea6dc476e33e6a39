import type { ActivityState } from '../../model/agents.ts';
import { parsedObject, word } from '../runtimes/json.ts';

/** What an agent may say of itself; whether it is dead or hung is for others to judge. */
export const sayable = ['starting', 'idle', 'busy', 'waiting-for-input', 'rate-limited', 'unknown'] as const;

/** `waiting` is short for `waiting-for-input`; `null` for any other word. */
export function stateSaid(text: string): ActivityState | null {
  return text === 'waiting' ? 'waiting-for-input' : (sayable.find((state) => state === text) ?? null);
}

/**
 * Events as hooks are told them, in JSON: `hook_event_name` of Claude Code, Codex and those who do as they do, `type` of Codex's `notify`.
 * What is missing here says nothing of what the agent does.
 */
const events: Readonly<Record<string, ActivityState>> = {
  SessionStart: 'idle',
  UserPromptSubmit: 'busy',
  PreToolUse: 'busy',
  PostToolUse: 'busy',
  PostToolUseFailure: 'busy',
  SubagentStop: 'busy',
  PreCompact: 'busy',
  PermissionRequest: 'waiting-for-input',
  Elicitation: 'waiting-for-input',
  Stop: 'idle',
  StopFailure: 'idle',
  'agent-turn-complete': 'idle',
  'approval-requested': 'waiting-for-input',
};

/** Of Claude Code's event `Notification`. */
const notifications: Readonly<Record<string, ActivityState>> = {
  permission_prompt: 'waiting-for-input',
  elicitation_dialog: 'waiting-for-input',
  idle_prompt: 'idle',
};

export type EventRead =
  | { readonly state: ActivityState }
  /** `none`: it is no event. `other`: one that says nothing of what the agent does. */
  | { readonly problem: 'none' | 'other'; readonly event: string };

export function stateOfEvent(text: string): EventRead {
  const value = parsedObject(text);
  const event = value === null ? '' : word(value.hook_event_name) || word(value.type);
  if (value === null || event === '') return { problem: 'none', event };
  const notified = event === 'Notification' ? word(value.notification_type) : null;
  const [table, key] = notified === null ? [events, event] : [notifications, notified];
  const state = Object.hasOwn(table, key) ? table[key] : undefined;
  return state === undefined ? { problem: 'other', event: notified === null ? event : `${event} ${notified}`.trim() } : { state };
}
