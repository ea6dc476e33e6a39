import { randomBytes } from 'node:crypto';
import { bridgeJournals } from '../connectors/bridge/bridge.ts';
import type { OutboundRecord } from '../connectors/bridge/records.ts';
import { outboundMessage, queue, receiptOf, type SayProblem } from '../connectors/bridge/say.ts';
import { connectorLogs } from '../host/connector-logs.ts';
import { connectorRecords } from '../host/connector-records.ts';
import { hostRoots } from '../host/facts.ts';
import type { OutboundMessage } from '../model/chat-messages.ts';
import { healthStaleMs } from '../model/connector-spec.ts';
import { isName } from '../model/names.ts';
import type { HostFacts } from '../model/observation.ts';
import type { RecordLog } from '../model/record-log.ts';
import { renderJson } from '../views/json.ts';
import { renderSaid, type Said } from '../views/say.ts';
import { connectorClock } from './connector-clock.ts';
import { type Context, type ExitStatus, exitStatus } from './context.ts';
import { formatOf, type OutputFlags } from './flags.ts';
import { fleetHere, specHere } from './fleet-here.ts';
import { factsOf } from './host.ts';
import { attachmentsOf, readText, type TextFlags } from './message.ts';
import { show, styleOf } from './output.ts';
import { refuse } from './refusal.ts';
import { durationOf, wrong } from './time.ts';

export interface SayFlags extends TextFlags, OutputFlags {
  readonly fleet?: string;
  readonly thread?: string;
  readonly newThread?: string;
  readonly replyTo?: string;
  readonly attach?: readonly string[];
  readonly id?: string;
  readonly wait?: boolean;
  readonly timeout?: string;
}

const usualTimeout = '30s';

/** Queues what is to be said to the operator of a fleet, durably, whether or not anybody can be reached now; with `--wait` waits for what becomes of it. */
export async function say(text: string | undefined, flags: SayFlags, context: Context): Promise<ExitStatus> {
  const waitMs = waitOf(flags);
  const stop = context.interruptions();
  const facts = factsOf({}, context);
  const fleet = await fleetHere(flags.fleet, facts, context);
  const message = await messageOf(text, fleet, flags, facts, context);
  const { outbound } = bridgeJournals(connectorLogs(facts.stateDir, fleet));
  const queued = await queue(outbound, message);
  if (!queued.queued) throw refusal(queued.problem, fleet);
  const receipt = queued.receipt ?? (waitMs === null ? null : await settled(outbound, message.id, waitMs, stop, context));
  const said: Said = {
    format_version: '1.0',
    id: message.id,
    fleet,
    state: receipt?.state ?? 'queued',
    ids: receipt?.ids.flat() ?? [],
    thread: receipt?.threadId ?? message.threadId,
    reason: receipt?.reason ?? null,
    detail: receipt?.detail ?? '',
    at: receipt?.at ?? message.at,
  };
  const served = said.state !== 'queued' || (await isServed(fleet, facts, context));
  show(
    formatOf(flags) === 'json' ? renderJson(said) : renderSaid(said, served, styleOf(flags, context.stdout, context)),
    context,
  );
  return statusOf(said.state, waitMs !== null);
}

function waitOf({ wait, timeout }: SayFlags): number | null {
  if (wait === true) return durationOf(timeout ?? usualTimeout, '--timeout');
  if (timeout === undefined) return null;
  throw wrong('--timeout', timeout, 'is said without --wait', 'Without --wait nothing is waited for.');
}

async function messageOf(
  text: string | undefined,
  fleet: string,
  flags: SayFlags,
  facts: HostFacts,
  context: Context,
): Promise<OutboundMessage> {
  const { thread = null, newThread = null, replyTo = null } = flags;
  if (thread !== null && newThread !== null)
    throw wrong('--new-thread', newThread, 'is said beside --thread', 'Give one of the two.');
  const refersTo = thread !== null || replyTo !== null;
  return outboundMessage({
    id: idOf(flags, context.date()),
    via: refersTo ? ((await specHere(fleet, facts, context))?.kind ?? null) : null,
    threadId: thread === null ? null : remoteId(thread, '--thread'),
    newThread: newThread === null ? null : titleOf(newThread),
    replyToId: replyTo === null ? null : remoteId(replyTo, '--reply-to'),
    text: await textOf(text, flags, context),
    attachments: await attachmentsOf(flags.attach ?? [], context),
    sender: senderOf(facts, context),
    at: context.date().toISOString(),
  });
}

/** Standard input where nothing else says anything; a file may go alone. */
async function textOf(given: string | undefined, flags: SayFlags, context: Context): Promise<string> {
  if (given !== undefined || flags.file !== undefined) return readText(given, flags, context);
  if ((flags.attach ?? []).length > 0) return '';
  if (context.stdin.isTTY !== true) return readText('-', flags, context);
  throw refuse(
    { code: 'usage', summary: 'there is nothing to say', hint: 'muster say TEXT, muster say -, or muster say --file FILE' },
    exitStatus.usage,
  );
}

/** An agent in its own pane, else the user. */
function senderOf({ tenant }: HostFacts, { env }: Context): string {
  const agent = env.MOSAIC_AGENT ?? '';
  return isName(agent) ? agent : tenant;
}

function idOf({ id }: SayFlags, now: Date): string {
  if (id === undefined) return `say-${now.getTime().toString(36)}-${randomBytes(6).toString('hex')}`;
  if (/^[A-Za-z0-9._:-]{1,200}$/.test(id)) return id;
  throw wrong('--id', id, 'is no id', 'At most 200 letters, digits, and . _ : -');
}

function remoteId(text: string, flag: string): string {
  if (/^[^\s\p{Cc}]{1,1000}$/u.test(text)) return text;
  throw wrong(flag, text, 'is no id', 'It stands in the first line of each message that came: thread ID');
}

function titleOf(text: string): string {
  const title = text.trim();
  if (/^[^\p{Cc}\p{Zl}\p{Zp}]{1,100}$/u.test(title)) return title;
  throw wrong('--new-thread', text, 'is no title', 'At most 100 characters on one line.');
}

const lookEveryMs = 250;

/** `null`: nothing became of it in time. */
async function settled(log: RecordLog<OutboundRecord>, id: string, withinMs: number, stop: AbortSignal, context: Context) {
  const clock = connectorClock(context);
  const deadline = clock.now() + withinMs;
  for (;;) {
    const receipt = await receiptOf(log, id);
    if (receipt !== null || stop.aborted || clock.now() >= deadline) return receipt;
    await clock.sleep(Math.min(lookEveryMs, deadline - clock.now()), stop);
  }
}

async function isServed(fleet: string, facts: HostFacts, { env, date }: Context): Promise<boolean> {
  const told = await connectorRecords(fleet, hostRoots(facts, env))
    .told()
    .catch(() => null);
  return told !== null && date().getTime() - Date.parse(told.at) < healthStaleMs;
}

const problems: Readonly<Record<SayProblem, string>> = {
  'bad-id': 'its id is none',
  empty: 'it is empty',
  'too-long': 'it is over 1 MiB',
  'outbox-full': 'too much waits to be said already',
};

const refusal = (problem: SayProblem, fleet: string) =>
  refuse(
    {
      code: 'message/refused',
      summary: `nothing was queued for fleet ${fleet}: ${problems[problem]}`,
      hint:
        problem === 'outbox-full'
          ? `See why it waits: muster connector health ${fleet}`
          : 'Say something else, or name a file: --attach FILE',
    },
    exitStatus.refused,
  );

function statusOf(state: Said['state'], waited: boolean): ExitStatus {
  switch (state) {
    case 'sent':
      return exitStatus.done;
    case 'queued':
      return waited ? exitStatus.queued : exitStatus.done;
    case 'rejected':
      return exitStatus.refused;
    case 'unknown':
      return exitStatus.uncertain;
  }
}
