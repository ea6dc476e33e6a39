/** A document that was copied from one that ships with Muster: what it was then, what it is now, and what became of the copy. */
export interface Copy {
  /** Path in the roster directory, such as `roles/coder.md`. */
  readonly path: string;
  /** The shipped document: `roles/coder.md`, `presets/coding.yaml`. */
  readonly of: string;
  /** Shipped then; `null` where nobody knows. */
  readonly base: string | null;
  /** Shipped now; `null` where it ships no more. */
  readonly theirs: string | null;
  readonly mine: string;
  /** Text of the file beside it that shows a conflict (`NAME.new`), where there is one. */
  readonly beside: string | null;
  /** Git has it as it is: what is written over it can be had back. */
  readonly committed: boolean;
}

/** What became of bringing all changes together. */
export interface Merged {
  readonly text: string;
  /** No change of one side stands where the other has another, and the whole can be read as what it is to be. */
  readonly clean: boolean;
}

/**
 * `current`: as shipped. `updated`: was as shipped, becomes the new one. `merged`: both changes are in it. `kept`: only yours has changed.
 * `conflict`: yours is kept, the new one comes beside it. `open`: such a file is still there. `own`: differs from the shipped one, and
 * nobody knows what it was copied from. `withdrawn`: ships no more. `uncommitted`: would be written over and is not committed.
 * `in-the-way`: something else stands where the new one would come.
 */
export const statuses = [
  'current',
  'updated',
  'merged',
  'kept',
  'conflict',
  'open',
  'own',
  'withdrawn',
  'uncommitted',
  'in-the-way',
] as const;
export type Status = (typeof statuses)[number];

export interface Reseed {
  readonly path: string;
  readonly of: string;
  readonly status: Status;
  /** To be written in its place. */
  readonly text: string | null;
  /** To be written beside it. */
  readonly beside: string | null;
  /** What counts as shipped then from now on. */
  readonly base: string | null;
}

/** Both have changed since: only a merge can tell. */
export const needsMerge = (copy: Copy): boolean => {
  const { base, theirs, mine } = alike(copy);
  return base !== null && theirs !== null && mine !== theirs && mine !== base && theirs !== base && !isUnsettled(copy);
};

/** What stands beside it has come from here. */
const isUnsettled = ({ beside, base, theirs }: Copy): boolean => beside !== null && (beside === base || beside === theirs);

/** The three texts with the line ends of the copy. */
export function alike({ base, theirs, mine }: Copy): Pick<Copy, 'base' | 'theirs' | 'mine'> {
  if (!/\r\n/.test(mine) || /(?<!\r)\n/.test(mine)) return { base, theirs, mine };
  const crlf = (text: string | null): string | null => text?.replace(/\r?\n/g, '\r\n') ?? null;
  return { base: crlf(base), theirs: crlf(theirs), mine };
}

/** What is to become of the copy. It is written over only where it is as it was shipped, or where all that it says is in the merge. */
export function reseed(copy: Copy, merged: Merged | null): Reseed {
  const { base, theirs, mine } = alike(copy);
  const stays = (status: Status, shipped = copy.base): Reseed => ({ ...nothing(copy), status, base: shipped });
  if (theirs === null) return stays('withdrawn');
  if (mine === theirs) return stays('current', copy.theirs);
  if (base === null) return stays('own');
  if (theirs === base) return stays(copy.beside === null || mine === base ? 'kept' : 'open');
  if (mine === base) return written(copy, 'updated', theirs);
  if (merged?.clean === true) return merged.text === mine ? stays('kept', copy.theirs) : written(copy, 'merged', merged.text);
  return conflict(copy);
}

const nothing = ({ path, of }: Copy) => ({ path, of, text: null, beside: null });

const written = (copy: Copy, status: Status, text: string): Reseed =>
  copy.committed
    ? { ...nothing(copy), status, text, base: copy.theirs }
    : { ...nothing(copy), status: 'uncommitted', base: copy.base };

/** From then on the new one counts as what yours was made of: taking the file beside it away settles the conflict. */
function conflict(copy: Copy): Reseed {
  const { beside, theirs, base } = copy;
  if (beside !== null && beside !== theirs && beside !== base) return { ...nothing(copy), status: 'in-the-way', base };
  return { ...nothing(copy), status: 'conflict', beside: beside === theirs ? null : theirs, base: theirs };
}

/** Whether somebody has to look at it. */
export const isOpen = ({ status }: Pick<Reseed, 'status'>): boolean =>
  status === 'conflict' || status === 'open' || status === 'uncommitted' || status === 'in-the-way';
