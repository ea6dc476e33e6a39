import { type Drained, drain } from '../agents/delivery/drain.ts';
import { forget, settle } from '../agents/delivery/settle.ts';
import type { DeliveryWorld } from '../agents/delivery/world.ts';
import { type Entry, entriesOf, inPhase } from '../agents/inbox/entries.ts';
import type { Receipt } from '../model/agents.ts';
import { PortError } from '../model/ports.ts';
import { type InboxRow, type InboxShown, renderInbox } from '../views/inbox.ts';
import { renderJson } from '../views/json.ts';
import { type Context, type ExitStatus, exitStatus } from './context.ts';
import { delivererOf, refuseUnknownAgent, withDelivery } from './delivery.ts';
import { formatOf, type OutputFlags } from './flags.ts';
import { columnsOf, show, styleOf } from './output.ts';
import { refuse } from './refusal.ts';

export interface InboxFlags extends OutputFlags {
  readonly dead?: boolean;
  readonly deliver?: boolean;
  readonly forget?: string;
}

/** What waits for an agent, or with `--dead` what will not be delivered any more; after delivering or forgetting, as asked. */
export async function inbox(name: string, flags: InboxFlags, context: Context): Promise<ExitStatus> {
  const stop = context.interruptions();
  return withDelivery(context, async (world, facts) => {
    if (entriesOf(await world.journal(name).read()).size === 0) await refuseUnknownAgent(name, facts, world);
    if (flags.forget !== undefined) await strike(name, flags.forget, world);
    const drained = flags.deliver === true ? await drain(name, world, { stop }) : null;
    if (drained === null) await settleIfPossible(name, world);
    const entries = entriesOf(await world.journal(name).read());
    const listed = flags.dead === true ? inPhase(entries, 'dead') : inPhase(entries, 'waiting', 'typing');
    const deliverer = listed.length === 0 ? 'nobody' : await delivererOf(name, facts, context);
    report({ agent: name, entries: listed.map(rowOf), deliverer }, drained, flags, context);
    return exitStatus.done;
  });
}

async function strike(agent: string, id: string, world: DeliveryWorld): Promise<void> {
  switch (await forget(agent, id, world)) {
    case 'forgotten':
      return;
    case 'none':
      throw refuse({
        code: 'message/unknown',
        summary: `no message ${JSON.stringify(id)} waits for ${agent} or is among its dead letters`,
        hint: `See muster inbox ${agent}, and muster inbox ${agent} --dead.`,
      });
    case 'busy':
      throw refuse({
        code: 'inbox/busy',
        summary: `messages are being delivered to ${agent} in this moment`,
        hint: 'Try again once they are.',
      });
  }
}

/** What was interrupted shows as such; without a bus it stands as being typed. */
async function settleIfPossible(agent: string, world: DeliveryWorld): Promise<void> {
  await settle(agent, world).catch((error: unknown) => {
    if (!(error instanceof PortError)) throw error;
  });
}

const rowOf = ({ id, phase, message, receipt }: Entry): InboxRow => ({
  id,
  phase,
  sender: message?.sender ?? null,
  at: message?.at ?? receipt.at,
  expires: message?.expires ?? null,
  text: message?.text ?? null,
  attachments: message?.attachments ?? [],
  receipt,
});

function report(
  listed: Pick<InboxShown, 'agent' | 'entries' | 'deliverer'>,
  drained: Drained | null,
  flags: InboxFlags,
  context: Context,
): void {
  const { agent, entries } = listed;
  const receipts: readonly Receipt[] = drained?.receipts ?? [];
  const obstacle = drained?.obstacle ?? null;
  if (formatOf(flags) === 'json') {
    show(renderJson({ format_version: '1.0', agent, receipts, obstacle, entries }), context);
  } else {
    const style = styleOf(flags, context.stdout, context);
    show(renderInbox({ ...listed, receipts, obstacle, dead: flags.dead === true }, columnsOf(context), style), context);
  }
}
