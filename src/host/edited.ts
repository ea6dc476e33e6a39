import type { FileContent } from '../model/desired.ts';
import type { FileKey } from '../model/names.ts';
import { PortError } from '../model/ports.ts';
import { writeDurably } from './durable.ts';
import { asFileError } from './errors.ts';
import { readRegular } from './read.ts';
import { type HostRoots, placeOf } from './roots.ts';

/**
 * Keeps what somebody made of a file of ours, beside it, before it is written again; gives where. Names that systemd and Muster read
 * nothing from.
 */
export const saveEdited = asFileError(
  (key: FileKey, _content: FileContent, _roots: Pick<HostRoots, 'unitDir' | 'fleetDir'>) => `keep what was made of ${key}`,
  async (key, { text, mode }, roots) => {
    const { file } = placeOf(key, roots);
    for (let count = 1; count <= most; count++) {
      const saved = `${file}.edited${count === 1 ? '' : `-${count}`}`;
      const there = readRegular(saved)?.toString();
      if (there === text) return saved;
      if (there !== undefined) continue;
      await writeDurably(saved, text, mode);
      return saved;
    }
    throw new PortError('failed', `there are ${most} such files already; move them away`);
  },
);

const most = 99;
