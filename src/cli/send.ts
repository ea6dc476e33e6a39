import { randomBytes } from 'node:crypto';
import { send as deliver } from '../agents/delivery/send.ts';
import type { Message, ReceiptState } from '../model/agents.ts';
import { isName } from '../model/names.ts';
import { renderJson } from '../views/json.ts';
import { renderReceipt } from '../views/receipt.ts';
import { type Context, type ExitStatus, exitStatus } from './context.ts';
import { delivererOf, refuseUnknownAgent, withDelivery } from './delivery.ts';
import { formatOf, type OutputFlags } from './flags.ts';
import { attachmentsOf, readText, type TextFlags } from './message.ts';
import { show, styleOf } from './output.ts';
import { durationOf, wrong } from './time.ts';

export interface SendFlags extends TextFlags, OutputFlags {
  readonly attach?: readonly string[];
  readonly id?: string;
  readonly ttl: string;
  readonly verify?: boolean;
  readonly timeout?: string;
  readonly from?: string;
}

const usualTimeout = '30s';

/** Stores a message for an agent and delivers it if it can take it now; with `--verify` waits for a receipt. */
export async function send(name: string, text: string | undefined, flags: SendFlags, context: Context): Promise<ExitStatus> {
  const verify = waitOf(flags);
  const sender = flags.from === undefined ? null : senderOf(flags.from);
  const stop = context.interruptions();
  return withDelivery(context, async (world, facts) => {
    await refuseUnknownAgent(name, facts, world);
    const message: Message = {
      format_version: '1.0',
      id: idOf(flags, context.date()),
      agent: name,
      sender: sender ?? ownName(context) ?? facts.tenant,
      text: await readText(text, flags, context),
      attachments: await attachmentsOf(flags.attach ?? [], context),
      at: context.date().toISOString(),
      expires: new Date(context.date().getTime() + durationOf(flags.ttl, '--ttl')).toISOString(),
    };
    const { receipt, obstacle } = await deliver(message, world, { verify, stop });
    if (formatOf(flags) === 'json') {
      show(renderJson(receipt), context);
    } else {
      const deliverer = receipt.state === 'queued' ? await delivererOf(name, facts, context) : 'nobody';
      const style = styleOf(flags, context.stdout, context);
      show(renderReceipt(receipt, obstacle?.detail ?? null, deliverer, style), context);
    }
    return statusOf(receipt.state, verify !== null);
  });
}

function waitOf({ verify, timeout }: SendFlags): number | null {
  if (verify === true) return durationOf(timeout ?? usualTimeout, '--timeout');
  if (timeout === undefined) return null;
  throw wrong('--timeout', timeout, 'is said without --verify', 'Without --verify nothing is waited for.');
}

/** An agent that sends from its own pane. */
function ownName({ env }: Context): string | null {
  const name = env.MOSAIC_AGENT ?? '';
  return isName(name) ? name : null;
}

function senderOf(text: string): string {
  if (/^[^\p{Cc}\p{Zl}\p{Zp}[\]]{1,100}$/u.test(text) && text.trim() === text) return text;
  throw wrong('--from', text, 'is no name of a sender', 'At most 100 characters on one line, without brackets.');
}

/** Sorts by time; given ones are the caller's. */
function idOf({ id }: SendFlags, now: Date): string {
  if (id === undefined) return `${now.getTime().toString(36)}-${randomBytes(6).toString('hex')}`;
  if (/^[\x21-\x5a\x5e-\x7e]{1,200}$/.test(id)) return id;
  throw wrong('--id', id, 'is no id', 'At most 200 characters of ASCII, without blanks and brackets.');
}

function statusOf(state: ReceiptState, verified: boolean): ExitStatus {
  switch (state) {
    case 'submitted':
    case 'turn-started':
      return exitStatus.done;
    case 'queued':
      return verified ? exitStatus.queued : exitStatus.done;
    case 'typed':
      return exitStatus.typed;
    case 'refused':
      return exitStatus.refused;
    case 'unknown':
      return exitStatus.uncertain;
    case 'expired':
      return exitStatus.expired;
  }
}
