import type { RevisionSource, Tip } from '../model/controller-ports.ts';
import { type Watch, watchValue } from './watch.ts';
import type { Targets } from './watched.ts';

export interface Followed {
  readonly look: () => Promise<Tip>;
  readonly targets: () => Targets;
  readonly settleMs: number;
}

/**
 * What a source names now, and a watch that begins with what was named last: a change between the two is not lost. Whoever asks for the
 * tip also has the watches see to it that they are where they should be.
 */
export function followedTip({ look, targets, settleMs }: Followed): Pick<RevisionSource, 'tip' | 'watch'> {
  const watches = new Set<Watch>();
  let told: string | null = null;
  return {
    tip: async () => {
      const tip = await look();
      told = keyOf(tip);
      for (const watch of watches) watch.check();
      return tip;
    },
    watch: async (onChange) => {
      const value = async () => keyOf(await look());
      const watch = await watchValue({ targets, value, known: told, settleMs }, onChange);
      watches.add(watch);
      return async () => {
        watches.delete(watch);
        await watch.end();
      };
    },
  };
}

/** Why there is none does not matter. */
const keyOf = (tip: Tip): string => (tip.readable ? tip.key : '');
