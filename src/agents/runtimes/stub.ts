import { join } from 'node:path';
import type { JsonObject, RuntimeAdapter, TranscriptRecord } from './adapter.ts';
import { aboveStatus } from './composers.ts';
import { word } from './json.ts';

const status = /^[a-z0-9-]+ · (?:idle|busy|waiting)(?: · \d+ queued)?$/;

/** The built-in stub, see `src/agents/stub`. */
export const stub: RuntimeAdapter = {
  runtime: 'stub',
  submit: { key: '\r', keyWhileBusy: '\r', settleMs: 50, queuesWhileBusy: true },
  sigils: ['/', '!', '#'],
  ending: '',
  screen: {
    composer: aboveStatus(/^>(?: |$)/, status),
    folded: /\[Pasted text #\d+ \+\d+ lines\]/,
    dialog: [{ pattern: /^[a-z0-9-]+ · waiting(?: · \d+ queued)?$/, where: 'end', within: 1 }],
    limited: [],
    busy: [{ pattern: /^[a-z0-9-]+ · busy(?: · \d+ queued)?$/, where: 'end', within: 1 }],
  },
  stateFile: null,
  transcript: {
    locate: ({ env }) => (env.MOSAIC_RUN === undefined ? null : { kind: 'file', path: join(env.MOSAIC_RUN, 'transcript.jsonl') }),
    record,
    tellsEnds: false,
  },
  beatsEvery: 5000,
  hungAfter: 10 * 60_000,
};

function record({ type, text, at: time }: JsonObject): TranscriptRecord | null {
  const at = word(time) || null;
  switch (type) {
    case 'user':
      return { kind: 'turn', text: word(text), at };
    case 'assistant':
      return { kind: 'done', at, detail: 'turn ended' };
    case 'interrupted':
      return { kind: 'done', at, detail: 'interrupted' };
    default:
      return null;
  }
}
