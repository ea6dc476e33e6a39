import { describe, expect, test } from 'vitest';
import { adapterOf } from '../../../src/agents/runtimes/adapters.ts';
import { recordsOf, transcriptHas } from '../../../src/agents/runtimes/transcript.ts';

const line = (value: unknown): string => `${JSON.stringify(value)}\n`;
const at = '2026-11-23T07:20:34.950Z';

/** Lines as the programs write them, less what is not read. */
const claude = {
  user: (content: unknown) => line({ type: 'user', isSidechain: false, message: { role: 'user', content }, timestamp: at }),
  queued: (content: string) => line({ type: 'queue-operation', operation: 'enqueue', timestamp: at, content }),
  dequeued: line({ type: 'queue-operation', operation: 'dequeue', timestamp: at }),
  said: (stop: string | null) =>
    line({
      type: 'assistant',
      message: { role: 'assistant', stop_reason: stop, content: [{ type: 'text', text: 'ok' }] },
      timestamp: at,
    }),
  limited: line({
    type: 'assistant',
    message: {
      model: '<synthetic>',
      role: 'assistant',
      stop_reason: 'stop_sequence',
      content: [{ type: 'text', text: 'API Error: Request rejected (429)' }],
    },
    error: 'rate_limit',
    isApiErrorMessage: true,
    apiErrorStatus: 429,
    timestamp: at,
  }),
  over: line({ type: 'system', subtype: 'turn_duration', durationMs: 3013, timestamp: at }),
};
const codex = {
  event: (payload: unknown) => line({ timestamp: at, type: 'event_msg', payload }),
  user: (text: string) =>
    codex.event({ type: 'item_completed', item: { type: 'UserMessage', content: [{ type: 'text', text, text_elements: [] }] } }),
};
const pi = {
  message: (message: unknown) => line({ type: 'message', id: 'fcb05d5a', parentId: null, timestamp: at, message }),
  user: (text: string) => pi.message({ role: 'user', content: [{ type: 'text', text }], timestamp: 1795418434832 }),
};

describe('how a turn stands', () => {
  test.each([
    ['claude', 'a message', claude.user('hello'), 'turn'],
    ['claude', 'a tool asked for', claude.said('tool_use'), 'working'],
    ['claude', 'a tool answered', claude.user([{ type: 'tool_result', content: 'x' }]), 'working'],
    ['claude', 'an answer', claude.said('end_turn'), 'done'],
    ['claude', 'the end of a turn', claude.over, 'done'],
    ['claude', 'an interruption', claude.user([{ type: 'text', text: '[Request interrupted by user]' }]), 'done'],
    ['claude', 'a usage limit', claude.limited, 'limited'],
    ['codex', 'a turn that began', codex.event({ type: 'task_started' }), 'working'],
    ['codex', 'a message', codex.user('hello'), 'turn'],
    ['codex', 'the end of a turn', codex.event({ type: 'task_complete', last_agent_message: 'ok' }), 'done'],
    [
      'codex',
      'a usage limit',
      codex.event({ type: 'task_complete', error: { message: 'x', codex_error_info: 'usage_limit_exceeded' } }),
      'limited',
    ],
    [
      'codex',
      'another error',
      codex.event({ type: 'task_complete', error: { message: 'bad request', codex_error_info: 'other' } }),
      'done',
    ],
    ['codex', 'an interruption', codex.event({ type: 'turn_aborted', reason: 'interrupted' }), 'done'],
    ['pi', 'a message', pi.user('hello'), 'turn'],
    ['pi', 'a tool asked for', pi.message({ role: 'assistant', content: [], stopReason: 'toolUse' }), 'working'],
    ['pi', 'an answer', pi.message({ role: 'assistant', content: [], stopReason: 'stop' }), 'done'],
    [
      'pi',
      'a usage limit',
      pi.message({ role: 'assistant', content: [], stopReason: 'error', errorMessage: '429 You have hit your limit' }),
      'limited',
    ],
    [
      'pi',
      'another error',
      pi.message({ role: 'assistant', content: [], stopReason: 'error', errorMessage: 'fetch failed' }),
      'done',
    ],
    ['stub', 'an answer', line({ type: 'assistant', text: 'got: x', at }), 'done'],
  ])('%s: %s', (runtime, _, text, kind) => {
    expect(recordsOf(adapterOf(runtime), text)).toMatchObject([{ kind, at }]);
  });

  test.each([
    ['claude', 'what a command leaves', claude.user('<command-name>/clear</command-name>')],
    [
      'claude',
      'what is not the main conversation',
      line({ type: 'user', isSidechain: true, message: { content: 'do it' }, timestamp: at }),
    ],
    [
      'codex',
      'instructions',
      line({
        timestamp: at,
        type: 'response_item',
        payload: { type: 'message', role: 'user', content: [{ type: 'input_text', text: '<environment_context>' }] },
      }),
    ],
    ['pi', 'a change of model', line({ type: 'model_change', modelId: 'x', timestamp: at })],
    ['pi', 'a torn line', '{"type":"message","message":{"role":"us'],
    ['opencode', 'anything', claude.user('hello')],
  ])('%s: %s says nothing', (runtime, _, text) => {
    expect(recordsOf(adapterOf(runtime), text)).toEqual([]);
  });
});

describe('whether a text was accepted', () => {
  const message = '[from peer, id 0f3a]\nDo this,\n\tand that.';
  test.each([
    ['claude', 'begun', claude.user(message), 'turn'],
    ['claude', 'queued', claude.queued(message), 'record'],
    ['claude', 'queued, then begun', claude.queued(message) + claude.dequeued + claude.user(message), 'turn'],
    ['claude', 'in parts', claude.user([{ type: 'text', text: message }]), 'turn'],
    ['claude', 'joined to a draft that stood before it', claude.user(`half a thought${message}`), 'turn'],
    ['codex', 'with its blanks cut', codex.user('[from peer, id 0f3a]\nDo this,\n\tand that.'), 'turn'],
    ['codex', 'wrapped', codex.user('[from peer, id 0f3a]\n  Do this,\n  and that.'), 'turn'],
    ['pi', 'begun', pi.user(message), 'turn'],
    ['stub', 'begun', line({ type: 'user', text: message, at }), 'turn'],
    ['claude', 'another text', claude.user('[from peer, id 0f3b]\nDo this, and that.'), null],
    [
      'claude',
      'said by the agent',
      line({ type: 'assistant', message: { role: 'assistant', content: message }, timestamp: at }),
      null,
    ],
    ['codex', 'nothing', '', null],
    ['opencode', 'no transcript', claude.user(message), null],
  ])('%s: %s', (runtime, _, since, found) => {
    expect(transcriptHas(adapterOf(runtime), since, message)).toBe(found);
  });

  test('a short text within another one is not that text', () => {
    expect(transcriptHas(adapterOf('pi'), pi.user('that is ok with me'), 'ok')).toBeNull();
    expect(transcriptHas(adapterOf('pi'), pi.user(' ok '), 'ok')).toBe('turn');
  });
});
