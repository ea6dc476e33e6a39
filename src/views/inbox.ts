import type { Receipt } from '../model/agents.ts';
import type { Obstacle } from '../model/inbox.ts';
import { visible } from '../model/visible.ts';
import { cut } from './fit.ts';
import { type Deliverer, deliveredBy, reasonWords } from './receipt.ts';
import { counted, type Style } from './style.ts';
import { withMinutes } from './time.ts';

/** A message in an inbox; `text` and `sender` are `null` where only its receipt is kept. */
export interface InboxRow {
  readonly id: string;
  readonly phase: string;
  readonly sender: string | null;
  readonly at: string;
  readonly expires: string | null;
  readonly text: string | null;
  readonly attachments: readonly string[];
  readonly receipt: Receipt;
}

export interface InboxShown {
  readonly agent: string;
  readonly entries: readonly InboxRow[];
  /** Of what was delivered just now. */
  readonly receipts: readonly Receipt[];
  readonly obstacle: Obstacle | null;
  /** The entries are dead letters. */
  readonly dead: boolean;
  /** Who delivers what waits. */
  readonly deliverer: Deliverer;
}

/** Two lines a message: from whom and since when, and how its text begins. `columns` of 0 is without limit. */
export function renderInbox(
  { agent, entries, receipts, obstacle, dead, deliverer }: InboxShown,
  columns: number,
  style: Style,
): string {
  const name = style.bold(visible(agent));
  const what = dead ? 'dead letter' : 'message';
  const title =
    entries.length === 0
      ? `No ${what}s for ${name}.`
      : `${counted(entries.length, what)} for ${name}${dead ? '' : ', oldest first'}`;
  const lines = [
    ...receipts.map(receiptLine),
    ...(obstacle === null ? [] : [`${style.yellow('!')} ${reasonWords(obstacle.reason)}: ${visible(obstacle.detail)}`]),
    title,
    ...entries.flatMap((entry) => rows(entry, columns, style)),
    ...(dead && entries.length > 0
      ? [`${style.cyan('help:')} To strike one off: muster inbox ${visible(agent)} --forget ID`]
      : []),
    ...(dead || entries.length === 0 ? [] : [`${style.cyan('help:')} ${deliveredBy(deliverer, agent)}`]),
  ];
  return `${lines.join('\n')}\n`;
}

/** A message and what became of it, on one line. */
export const receiptLine = ({ id, state, reason }: Receipt): string =>
  `${visible(id)}  ${state}${reason === null ? '' : `: ${reasonWords(reason)}`}`;

function rows({ id, phase, sender, at, expires, text, attachments, receipt }: InboxRow, columns: number, style: Style): string[] {
  const from = sender === null ? '' : ` from ${visible(sender)}`;
  const end = phase === 'waiting' && expires !== null ? `, until ${withMinutes(visible(expires))}` : '';
  const state = phase === 'waiting' ? '' : phase === 'typing' ? ' is being typed' : ` ${receipt.state}`;
  const why = phase === 'dead' && receipt.reason !== null ? `: ${reasonWords(receipt.reason)}` : '';
  const attached = attachments.length === 0 ? '' : ` (${counted(attachments.length, 'attachment')})`;
  return [
    `  ${style.bold(visible(id))}${from}, ${withMinutes(visible(at))}${end}${state}${why}`,
    ...(text === null
      ? []
      : [style.dim(cut(`    ${visible(text.slice(0, 500).replace(/\s+/g, ' '))}${attached}`, columns === 0 ? 160 : columns))]),
  ];
}
