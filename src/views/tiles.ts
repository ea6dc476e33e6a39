/** Tiles of one page, all of one size, in cells of the terminal. */
export interface Tiling {
  readonly across: number;
  readonly down: number;
  /** Of what is in a tile, without the line between two. */
  readonly width: number;
  readonly height: number;
}

/** A tile that is smaller shows nothing of use. */
const least = { width: 38, height: 7 } as const;
/** What a tile would like to be. */
const ample = { width: 100, height: 24 } as const;

/** How so many tiles, or as many of them as fit on a page, share a terminal. */
export function tilingOf(count: number, columns: number, rows: number): Tiling {
  const mostAcross = Math.max(1, Math.floor((columns + 1) / (least.width + 1)));
  const mostDown = Math.max(1, Math.floor(rows / least.height));
  const shown = Math.max(1, Math.min(count, mostAcross * mostDown));
  const candidates = Array.from({ length: mostAcross }, (_, index) => index + 1)
    .map((across) => {
      const down = Math.ceil(shown / across);
      return { across, down, width: Math.floor((columns - across + 1) / across), height: Math.floor(rows / down) };
    })
    .filter(({ down }) => down <= mostDown);
  const worth = ({ width, height }: Tiling): number => Math.min(width / ample.width, height / ample.height);
  return candidates.reduce((best, other) => (worth(other) > worth(best) ? other : best));
}

export const perPage = ({ across, down }: Tiling): number => across * down;

/** Where a key moves the chosen one of `count` tiles. */
export function chosenAfter(key: string, chosen: number, count: number, tiling: Tiling): number {
  const steps: Readonly<Record<string, number>> = {
    left: -1,
    right: 1,
    up: -tiling.across,
    down: tiling.across,
    'page-up': -perPage(tiling),
    'page-down': perPage(tiling),
  };
  if (count === 0) return 0;
  if (key === 'tab') return (chosen + 1) % count;
  if (key === 'home') return 0;
  if (key === 'end') return count - 1;
  return Math.max(0, Math.min(count - 1, chosen + (steps[key] ?? 0)));
}
