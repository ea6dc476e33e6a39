import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stateOfEvent, stateSaid } from '../../../src/agents/state/hook-event.ts';

const hook = (name: string, more: object = {}): string => JSON.stringify({ session_id: 'a', hook_event_name: name, ...more });

describe('an event of a hook', () => {
  test.each([
    ['a prompt', hook('UserPromptSubmit', { prompt: 'Stop' }), 'busy'],
    ['a tool', hook('PreToolUse'), 'busy'],
    ['a question', hook('PermissionRequest'), 'waiting-for-input'],
    ['the end of a turn', hook('Stop'), 'idle'],
    ['the end of a part of it', hook('SubagentStop'), 'busy'],
    ['a notification of a question', hook('Notification', { notification_type: 'permission_prompt' }), 'waiting-for-input'],
    ['a notification that it is idle', hook('Notification', { notification_type: 'idle_prompt' }), 'idle'],
    ['of notify', JSON.stringify({ type: 'agent-turn-complete', 'turn-id': '1' }), 'idle'],
    ['of notify, a question', JSON.stringify({ type: 'approval-requested' }), 'waiting-for-input'],
  ])('%s', (_what, text, state) => expect(stateOfEvent(text)).toEqual({ state }));

  test.each([
    ['that is new', hook('MoonRise'), 'MoonRise'],
    ['with the name of what every object has', hook('constructor'), 'constructor'],
    [
      'a notification of something else',
      hook('Notification', { notification_type: 'auth_success' }),
      'Notification auth_success',
    ],
    ['a notification of an older version', hook('Notification'), 'Notification'],
  ])('%s says nothing of what the agent does', (_what, text, event) =>
    expect(stateOfEvent(text)).toEqual({ problem: 'other', event }),
  );

  test('is nothing else, whatever comes', () => {
    const nonsense = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json(),
      fc.constantFrom('', '[]', 'null', '{"type":7}', '{"hook'),
    );
    fc.assert(
      fc.property(nonsense, (text) => {
        const read = stateOfEvent(text);
        expect('problem' in read).toBe(true);
      }),
      { numRuns: 30 },
    );
  });
});

describe('what an agent says of itself', () => {
  test.each([
    ['busy', 'busy'],
    ['waiting', 'waiting-for-input'],
    ['rate-limited', 'rate-limited'],
    ['dead', null],
    ['hung', null],
    ['', null],
    ['Busy', null],
  ])('%s', (text, state) => expect(stateSaid(text)).toBe(state));
});
