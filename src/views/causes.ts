import type { Sighting, SightingCause } from '../model/controller.ts';
import { visible } from '../model/visible.ts';

const words: Readonly<Record<SightingCause, string>> = {
  'stopped-by-hand': 'stopped by hand',
  'disabled-by-hand': 'disabled by hand',
  'masked-by-hand': 'masked by hand',
  crashed: 'crashed',
  killed: 'killed',
  'out-of-memory': 'out of memory',
  'timed-out': 'timed out',
  misconfigured: 'misconfigured',
  'session-ended': 'its session ended',
  'not-started': 'had not started',
  ended: 'ended',
};

/** `crashed: exit status 7`. A cause that this version does not know is shown as it is written. */
export function causeWords({ cause, detail }: Pick<Sighting, 'cause' | 'detail'>): string {
  const text = Object.hasOwn(words, cause) ? words[cause] : visible(cause);
  return detail === '' || text.startsWith(`${detail} `) ? text : `${text}: ${visible(detail)}`;
}
