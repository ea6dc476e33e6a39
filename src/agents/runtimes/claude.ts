import { join } from 'node:path';
import type { ActivityState } from '../../model/agents.ts';
import type { JsonObject, Place, RuntimeAdapter, RuntimeState, TranscriptRecord } from './adapter.ts';
import { ruled } from './composers.ts';
import { isObject, parsedObject, textOf, word } from './json.ts';

/** Claude Code. Its state files are undocumented; what is not understood of them is unknown. */
export const claude: RuntimeAdapter = {
  runtime: 'claude',
  submit: { key: '\r', keyWhileBusy: '\r', settleMs: 50, queuesWhileBusy: true },
  sigils: ['/', '!', '#', '@'],
  ending: ' ',
  screen: {
    composer: ruled(/^─{8}.*─$/, /^[❯!](?:[\u00a0 ]|$)/),
    folded: /\[(?:Pasted text|Image) #\d+/,
    dialog: [
      { pattern: /\bEsc to (?:cancel|exit|reject)\b|\bEnter to (?:confirm|select|submit|continue)\b/i, where: 'end', within: 2 },
      // A choice; in the composer itself a no-break space follows.
      { pattern: /^\s*❯ (?:\d+\. )?\S/, where: 'instead', within: 8 },
    ],
    limited: [
      {
        pattern: /^[●⎿\s]*(?:API Error: .*\b429\b|You.ve (?:hit|reached) your\b.*\blimit|(?:\S+ ){0,3}limit reached\b)/i,
        where: 'above',
        within: 2,
      },
    ],
    busy: [
      { pattern: /\besc to interrupt\b/, where: 'below', within: 3 },
      { pattern: /^[·✢✣✳✶✻✽∗*] \S.*…/, where: 'above', within: 12 },
    ],
  },
  stateFile: { path: (place) => join(configOf(place), 'sessions', `${place.pid}.json`), read },
  transcript: { locate: () => null, record, tellsEnds: false },
  beatsEvery: null,
  hungAfter: 30 * 60_000,
};

const configOf = ({ env, home }: Place): string => env.CLAUDE_CONFIG_DIR || join(home, '.claude');

const states: Readonly<Record<string, ActivityState>> = {
  idle: 'idle',
  busy: 'busy',
  shell: 'busy',
  waiting: 'waiting-for-input',
};

function read(text: string, place: Place): RuntimeState | null {
  const file = parsedObject(text);
  if (file === null || file.pid !== place.pid) return null;
  const status = word(file.status);
  const at = file.statusUpdatedAt;
  const start = Number(word(file.procStart) || Number.NaN);
  return {
    startTime: Number.isSafeInteger(start) ? start : null,
    state: (Object.hasOwn(states, status) ? states[status] : undefined) ?? 'unknown',
    at: typeof at === 'number' && Math.abs(at) < 8.64e15 ? new Date(at).toISOString() : null,
    detail: word(file.waitingFor) || status,
    transcript: transcriptOf(file, configOf(place)),
  };
}

function transcriptOf(file: JsonObject, config: string): string | null {
  const [session, cwd] = [word(file.sessionId), word(file.cwd)];
  if (!/^[\w-]+$/.test(session) || cwd === '') return null;
  return join(config, 'projects', cwd.replace(/[^A-Za-z0-9]/g, '-'), `${session}.jsonl`);
}

function record(line: JsonObject): TranscriptRecord | null {
  const at = word(line.timestamp) || null;
  if (line.isSidechain === true || line.isMeta === true) return null;
  if (line.type === 'queue-operation') {
    return line.operation === 'enqueue' && word(line.content) !== '' ? { kind: 'queued', text: word(line.content), at } : null;
  }
  if (line.type === 'system') return line.subtype === 'turn_duration' ? { kind: 'done', at, detail: 'turn ended' } : null;
  if (!isObject(line.message)) return null;
  const { content, stop_reason: stop } = line.message;
  if (line.type === 'user') return said(content, at);
  if (line.type !== 'assistant') return null;
  if (line.isApiErrorMessage === true) {
    const kind = line.error === 'rate_limit' || line.apiErrorStatus === 429 ? 'limited' : 'done';
    return { kind, at, detail: textOf(content).slice(0, 120) };
  }
  const over = stop === 'end_turn' || stop === 'stop_sequence' || stop === 'max_tokens' || stop === 'refusal';
  return over ? { kind: 'done', at, detail: 'turn ended' } : { kind: 'working', at, detail: 'in a turn' };
}

function said(content: unknown, at: string | null): TranscriptRecord | null {
  const text = textOf(content);
  if (text === '') return { kind: 'working', at, detail: 'a tool answered' };
  if (text.startsWith('[Request interrupted')) return { kind: 'done', at, detail: 'interrupted' };
  // What commands leave behind is no message.
  return /^<(?:command-|local-command|bash-)/.test(text) ? null : { kind: 'turn', text, at };
}
