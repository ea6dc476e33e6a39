import type { InboundMessage } from '../../model/chat-messages.ts';
import { isName } from '../../model/names.ts';

/** What the bridge answers itself. `odd`: it is meant for the bridge, and makes no sense. */
export type Question =
  | { readonly kind: 'status' | 'plan' | 'help' }
  | { readonly kind: 'why'; readonly name: string }
  | { readonly kind: 'odd'; readonly word: string };

/** A message of one line that begins with `!status`, `!plan`, `!why NAME` or `!help`; `null` for all that is the orchestrator's. */
export function questionOf({ kind, text }: Pick<InboundMessage, 'kind' | 'text'>): Question | null {
  if (kind !== 'message') return null;
  const found = /^!(status|plan|why|help)(?:[ \t]+(\S{1,100}))?$/i.exec(text.trim());
  if (found === null) return null;
  const word = (found[1] ?? '').toLowerCase();
  const name = found[2] ?? '';
  switch (word) {
    case 'status':
    case 'plan':
    case 'help':
      return { kind: word };
    default:
      return isName(name) ? { kind: 'why', name } : { kind: 'odd', word };
  }
}
