import type { Receipt } from '../model/agents.ts';
import { type DeliveryReason, deliveryReasons } from '../model/inbox.ts';
import { visible } from '../model/visible.ts';
import type { Style } from './style.ts';

/** Who delivers what waits for an agent: a controller that runs, unless the agent is suspended. */
export type Deliverer = 'controller' | 'suspended' | 'nobody';

export function deliveredBy(deliverer: Deliverer, agent: string): string {
  const deliver = `muster inbox ${visible(agent)} --deliver`;
  switch (deliverer) {
    case 'controller':
      return 'The controller delivers what waits, as soon as the agent takes it.';
    case 'suspended':
      return `The controller waits until it is resumed. To deliver now: ${deliver}`;
    case 'nobody':
      return `No controller runs. To deliver what waits: ${deliver}`;
  }
}

/** What became of a message, what shows it, and what its sender may do. `detail` is of an obstacle. */
export function renderReceipt(receipt: Receipt, detail: string | null, deliverer: Deliverer, style: Style): string {
  const { glyph, text, next } = described(receipt, deliverer, style);
  const why = receipt.reason === null ? null : `${reasonWords(receipt.reason)}${detail === null ? '' : ` (${visible(detail)})`}`;
  const lines = [
    `${glyph} ${text}${why === null ? '' : `: ${why}`}`,
    `  ${style.dim(`id ${visible(receipt.id)}${receipt.evidence.length === 0 ? '' : ` · seen: ${receipt.evidence.map(visible).join(', ')}`}`)}`,
    ...(next === null ? [] : [`  ${style.cyan('help:')} ${next}`]),
  ];
  return `${lines.join('\n')}\n`;
}

interface Described {
  readonly glyph: string;
  readonly text: string;
  readonly next: string | null;
}

function described({ state, agent, evidence, reason }: Receipt, deliverer: Deliverer, style: Style): Described {
  const name = style.bold(visible(agent));
  const look = `muster inbox ${visible(agent)} --dead`;
  switch (state) {
    case 'turn-started':
      return { glyph: style.green('✓'), text: `${name} has begun a turn with it`, next: null };
    case 'submitted':
      return { glyph: style.green('✓'), text: `submitted to ${name}`, next: null };
    case 'queued':
      return evidence.includes('stored')
        ? {
            glyph: style.yellow('·'),
            text: `waits in the inbox of ${name}`,
            next: deliveredBy(deliverer, agent),
          }
        : { glyph: style.green('✓'), text: `${name} is busy, and keeps it for its next turn`, next: null };
    case 'typed':
      return {
        glyph: style.yellow('!'),
        text: `typed to ${name}, but not submitted`,
        next: 'It is submitted with the next delivery; do not send it again.',
      };
    case 'refused':
      return {
        glyph: style.red('✗'),
        text: `not delivered to ${name}`,
        next: reason === 'inbox-full' ? emptied(agent) : 'Nothing was typed; it may be sent again.',
      };
    case 'unknown':
      return {
        glyph: style.red('✗'),
        text: `nobody knows whether ${name} has it`,
        next: `It is not typed again by itself. Look at the agent, then: ${look}`,
      };
    case 'expired':
      return { glyph: style.red('✗'), text: `not delivered to ${name}`, next: `Its text is kept: ${look}` };
  }
}

const emptied = (agent: string): string =>
  `See what waits: muster inbox ${visible(agent)}. Once some of it is delivered, or taken back with --forget, it may be sent again.`;

const words: Readonly<Record<DeliveryReason, string>> = {
  'agent-down': 'the agent does not run',
  'agent-starting': 'the agent is starting',
  'session-missing': 'the agent has no tmux session',
  'pane-dead': "the agent's program has ended",
  'pane-mode': "the agent's pane is in copy mode",
  'input-off': "the agent's pane takes no input of its own",
  'line-mode': "the agent's terminal reads lines",
  dialog: 'a dialog is open',
  draft: 'there is a draft in its composer',
  busy: 'the agent is in a turn',
  'rate-limited': 'the agent is at its limit',
  'screen-unclear': 'its screen cannot be read',
  'inbox-full': 'its inbox is full',
  withdrawn: 'it was taken back',
  expired: 'its time is over',
  interrupted: 'its sender ended while it was typed',
  'agent-ended': 'the agent ended meanwhile',
  'not-seen': 'it was pasted, and not seen after that',
  mixed: 'somebody typed beside it',
  'no-evidence': 'nothing shows that it was taken',
  'tmux-failed': 'tmux failed meanwhile',
};

const isReason = (text: string): text is DeliveryReason => deliveryReasons.some((reason) => reason === text);

export const reasonWords = (reason: string): string => (isReason(reason) ? words[reason] : visible(reason));
