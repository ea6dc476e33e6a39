import type { DeliveryReason } from '../../model/inbox.ts';

/** What passes by itself, so that waiting is right; everything else needs somebody who sees to it. */
export const passes = (reason: DeliveryReason): boolean => ['agent-starting', 'busy', 'rate-limited'].includes(reason);
