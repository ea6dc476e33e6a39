import type { RuntimeAdapter } from './adapter.ts';
import { boxed } from './composers.ts';

/** opencode. It writes what it does into a database only: its screen is all there is to go by. */
export const opencode: RuntimeAdapter = {
  runtime: 'opencode',
  submit: { key: '\r', keyWhileBusy: '\r', settleMs: 150, queuesWhileBusy: true },
  sigils: ['/', '!', '@'],
  ending: ' ',
  screen: {
    composer: boxed,
    folded: /\[(?:Pasted ~\d+ lines?|Image \d+)\]/,
    dialog: [{ pattern: /\benter (?:confirm|submit|select)\b|\besc (?:dismiss|close)\b/, where: 'end', within: 4 }],
    limited: [{ pattern: /limit.*\[retrying|\[retrying.*(?:limit|429)/i, where: 'below', within: 3 }],
    busy: [{ pattern: /\besc (?:again to )?interrupt\b/, where: 'below', within: 3 }],
  },
  stateFile: null,
  transcript: null,
  beatsEvery: null,
  hungAfter: 30 * 60_000,
};
