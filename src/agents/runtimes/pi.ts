import { join } from 'node:path';
import type { JsonObject, Place, RuntimeAdapter, TranscriptRecord } from './adapter.ts';
import { ruled } from './composers.ts';
import { isObject, textOf, word } from './json.ts';

/** The pi coding agent. It asks nothing by itself; what it lets choose from takes the composer's place. */
export const pi: RuntimeAdapter = {
  runtime: 'pi',
  submit: { key: '\r', keyWhileBusy: '\r', settleMs: 50, queuesWhileBusy: true },
  sigils: ['/', '!', '@'],
  ending: ' ',
  screen: {
    composer: ruled(/^─{3}(?:─| [↑↓] \d+ more )*─$/, null),
    folded: /\[paste #\d+ (?:\+\d+ lines|\d+ chars)\]/,
    dialog: [{ pattern: /^\s*→ /, where: 'inside', within: 50 }],
    limited: [{ pattern: /^\s*Error: .*(?:\b429\b|(?:rate|usage).?limit|quota|overloaded)/i, where: 'above', within: 2 }],
    busy: [{ pattern: /^\s*[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] /, where: 'above', within: 6 }],
  },
  stateFile: null,
  transcript: { locate, record, tellsEnds: false },
  beatsEvery: null,
  hungAfter: 30 * 60_000,
};

function locate({ env, home, cwd }: Place): ReturnType<NonNullable<RuntimeAdapter['transcript']>['locate']> {
  const own = env.MOSAIC_CONVERSATION ?? '';
  if (own === '' && cwd === '') return null;
  const agent = env.PI_CODING_AGENT_DIR || join(home, '.pi', 'agent');
  const directory = own || join(agent, 'sessions', `--${cwd.replace(/^\//, '').replace(/[/\\:]/g, '-')}--`);
  return { kind: 'newest', directory, name: /\.jsonl$/ };
}

function record(line: JsonObject): TranscriptRecord | null {
  if (line.type !== 'message' || !isObject(line.message)) return null;
  const at = word(line.timestamp) || null;
  const { role, content, stopReason } = line.message;
  if (role === 'user') return { kind: 'turn', text: textOf(content), at };
  if (role === 'toolResult') return { kind: 'working', at, detail: 'a tool answered' };
  if (role !== 'assistant') return null;
  if (stopReason === 'toolUse') return { kind: 'working', at, detail: 'in a turn' };
  if (stopReason !== 'error') return { kind: 'done', at, detail: stopReason === 'aborted' ? 'interrupted' : 'turn ended' };
  const message = word(line.message.errorMessage);
  const limited = /\b429\b|(?:rate|usage).?limit|quota|overloaded/i.test(message);
  return { kind: limited ? 'limited' : 'done', at, detail: message.slice(0, 120) };
}
