import type { Style } from '../views/style.ts';
import type { Draft } from './composer.ts';
import type { Thread } from './conversation.ts';

/** All that a chat shows. */
export interface ChatView {
  readonly fleet: string;
  readonly threads: readonly Thread[];
  /** Id of the thread that is shown. */
  readonly current: string | null;
  readonly unread: ReadonlyMap<string | null, number>;
  readonly draft: Draft;
  /** Lines that the view is above the newest one. */
  readonly scroll: number;
  /** How the connector is, in a word or two. */
  readonly state: { readonly well: boolean; readonly text: string };
  /** What to know just now; empty: what the keys do. */
  readonly notice: string;
  /** Minutes to be added to UTC. */
  readonly offset: number;
}

/** How parts of it are painted; each takes and gives one line. */
export type ChatPaint = Omit<Style, 'magenta'>;
