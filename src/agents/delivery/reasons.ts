/** Why a message is not delivered now, was refused, or what is not known of it. Closed list in `docs/agents.md`. */
export const deliveryReasons = [
  'agent-down',
  'agent-starting',
  'session-missing',
  'pane-dead',
  'pane-mode',
  'input-off',
  'line-mode',
  'runtime-missing',
  'dialog',
  'draft',
  'busy',
  'rate-limited',
  'screen-unclear',
  'inbox-full',
  'behind',
  'expired',
  'interrupted',
  'agent-ended',
  'not-seen',
  'mixed',
  'no-evidence',
  'tmux-failed',
] as const;

export type DeliveryReason = (typeof deliveryReasons)[number];

/** What passes by itself, so that waiting is right; everything else needs somebody who sees to it. */
export const passes = (reason: DeliveryReason): boolean => ['agent-starting', 'busy', 'rate-limited'].includes(reason);

/** What keeps an agent from taking a message now. Nothing was typed. */
export interface Obstacle {
  readonly reason: DeliveryReason;
  /** For people. */
  readonly detail: string;
}

export const evidenceNames = [
  'stored',
  'runtime-queue',
  'transcript-record',
  'transcript-turn',
  'composer-empty',
  'composer-text',
  'scrollback',
] as const;

export type EvidenceName = (typeof evidenceNames)[number];
