import { join } from 'node:path';
import type { JsonObject, Place, RuntimeAdapter, TranscriptRecord } from './adapter.ts';
import { prompted } from './composers.ts';
import { isObject, textOf, word } from './json.ts';

/** Codex CLI. During a turn Enter breaks off what the model is saying; Tab keeps the text for the next turn. */
export const codex: RuntimeAdapter = {
  runtime: 'codex',
  submit: { key: '\r', keyWhileBusy: '\t', settleMs: 150, queuesWhileBusy: true },
  sigils: ['/', '!', '@', '$'],
  ending: ' ',
  screen: {
    composer: prompted(/^[›!](?: |$)/),
    folded: /\[Pasted Content \d+ chars\]|\[Image #\d+\]/,
    dialog: [
      {
        pattern: /\bPress enter to (?:confirm|continue)\b|\benter to (?:submit|select)\b|\besc dismiss\b/i,
        where: 'end',
        within: 2,
      },
    ],
    limited: [{ pattern: /^■ .*\b(?:usage|rate) limit/, where: 'above', within: 1 }],
    busy: [{ pattern: /^\s*[•◦] .+\(.*\besc to interrupt\)/, where: 'above', within: 14 }],
  },
  stateFile: null,
  transcript: {
    locate: ({ env, home }: Place) => ({
      kind: 'open',
      directory: join(env.CODEX_HOME || join(home, '.codex'), 'sessions'),
      name: /^rollout-.*\.jsonl$/,
    }),
    record,
    tellsEnds: true,
  },
  beatsEvery: null,
  hungAfter: 30 * 60_000,
};

function record(line: JsonObject): TranscriptRecord | null {
  const { payload } = line;
  if (line.type !== 'event_msg' || !isObject(payload)) return null;
  const at = word(line.timestamp) || null;
  switch (payload.type) {
    case 'task_started':
      return { kind: 'working', at, detail: 'in a turn' };
    case 'task_complete':
      return ended(payload.error, at);
    case 'turn_aborted':
      return { kind: 'done', at, detail: word(payload.reason) || 'aborted' };
    case 'user_message':
      return { kind: 'turn', text: word(payload.message), at };
    case 'item_completed':
      return isObject(payload.item) && payload.item.type === 'UserMessage'
        ? { kind: 'turn', text: textOf(payload.item.content), at }
        : null;
    default:
      return null;
  }
}

function ended(error: unknown, at: string | null): TranscriptRecord {
  if (!isObject(error)) return { kind: 'done', at, detail: 'turn ended' };
  const limited = /limit/.test(word(error.codex_error_info)) || /\b(?:usage|rate) limit/.test(word(error.message));
  return { kind: limited ? 'limited' : 'done', at, detail: word(error.message).slice(0, 120) };
}
