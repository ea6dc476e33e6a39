import { threadsOf } from '../chat/conversation.ts';
import { renderTranscript } from '../chat/transcript.ts';
import { hostRoots } from '../host/facts.ts';
import { holderSocket } from '../host/inbox-runs.ts';
import type { HostFacts } from '../model/observation.ts';
import { attachOwnSession } from '../tmux/own-session.ts';
import { renderJson } from '../views/json.ts';
import { chatInTerminal } from './chat-live.ts';
import { entriesOf, type Room, roomOf } from './chat-room.ts';
import { type Context, type ExitStatus, exitStatus } from './context.ts';
import { formatOf, type OutputFlags } from './flags.ts';
import { fleetHere, specHere } from './fleet-here.ts';
import { factsOf } from './host.ts';
import { columnsOf, show, styleOf } from './output.ts';
import { refuse } from './refusal.ts';
import { wrong } from './time.ts';

export interface ChatFlags extends OutputFlags {
  readonly here?: boolean;
  readonly limit: string;
}

/** The terminal of the tmux connector: a chat where there is a terminal, what was said last where there is none. */
export async function chat(named: string | undefined, flags: ChatFlags, context: Context): Promise<ExitStatus> {
  const facts = factsOf({}, context);
  const fleet = await fleetHere(named, facts, context);
  const spec = await specHere(fleet, facts, context);
  if (spec !== null && spec.kind !== 'tmux') throw elsewhere(fleet, spec.kind);
  const room = roomOf(fleet, facts, context);
  const isTerminal = context.stdin.isTTY === true && context.stdout.isTTY === true && formatOf(flags) === 'text';
  if (!isTerminal) return transcript(room, flags, context);
  const own = flags.here === true ? null : await inOwnSession(fleet, facts, context);
  if (own !== null) return own;
  await chatInTerminal(room, styleOf(flags, context.stdout, context), context);
  return exitStatus.done;
}

const elsewhere = (fleet: string, kind: string) =>
  refuse({
    code: 'chat/elsewhere',
    summary: `fleet ${fleet} talks over ${kind}, not in a terminal`,
    hint: `Go there. To talk in a terminal: muster connector set ${fleet} --kind tmux`,
  });

/** `null`: there is no tmux server of the fleet's to have one in, or this is inside of one already. */
async function inOwnSession(fleet: string, facts: HostFacts, context: Context): Promise<ExitStatus | null> {
  const socket = holderSocket(hostRoots(facts, context.env).runtimeDir);
  if (socket === null || (context.env.TMUX ?? '') !== '') return null;
  const argv = [...context.launcher, 'chat', fleet, '--here'];
  return attachOwnSession({ socket, session: `_operator-${fleet}`, argv, env: context.env });
}

async function transcript(room: Room, { limit, ...flags }: ChatFlags, context: Context): Promise<ExitStatus> {
  if (!/^\d{1,6}$/.test(limit)) throw wrong('--limit', limit, 'is no number', 'Such as 50; 0 is all.');
  const entries = (await entriesOf(room)).slice(-Number(limit));
  if (formatOf(flags) === 'json') show(renderJson({ format_version: '1.0', fleet: room.fleet, messages: entries }), context);
  else show(renderTranscript(threadsOf(entries), entries, columnsOf(context), styleOf(flags, context.stdout, context)), context);
  return exitStatus.done;
}
