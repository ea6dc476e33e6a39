import type { RuntimeAdapter } from './adapter.ts';
import { bare } from './composers.ts';

/** A program that nothing is known of: where its last row is no bare prompt, its state is unknown. */
export const generic: Omit<RuntimeAdapter, 'runtime'> = {
  submit: { key: '\r', keyWhileBusy: '\r', settleMs: 300, queuesWhileBusy: false },
  sigils: ['/', '!', '#', '@', '$', '?', ':', '-'],
  ending: '',
  screen: { composer: bare, folded: null, dialog: [], limited: [], busy: [] },
  stateFile: null,
  transcript: null,
  beatsEvery: null,
  hungAfter: 30 * 60_000,
};
