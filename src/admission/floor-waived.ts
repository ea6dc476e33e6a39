import { floorWaived } from './floor.ts';
import { notice, type Rule } from './input.ts';

/** Says so whenever the floor does not hold by choice, so that nobody enters that state unseen. */
export const floorIsWaived: Rule = ({ selected }) =>
  selected.filter(floorWaived).map((roster) =>
    notice('floor/waived', `fleet ${roster.fleet} runs without the floor`, {
      detail: 'its profile is `minimal`: no orchestrator and no enhancer are asked for',
      place: roster.locate(['profile']),
    }),
  );
