import { lstatSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import type { Fix } from '../../model/doctor.ts';
import { type JobResult, type LingerWriter, PortError } from '../../model/ports.ts';
import type { ControllerService } from '../../systemd/controller-service.ts';

export interface Mending {
  readonly linger: LingerWriter;
  readonly service: Pick<ControllerService, 'start'>;
  /** Milliseconds that a unit may take to be ready. */
  readonly deadline: number;
}

/** Does what a check offers; what is done already is success. Rejects with what kept it from that. */
export async function mend(fix: Fix, { linger, service, deadline }: Mending): Promise<void> {
  for (const target of fix.targets) {
    switch (fix.verb) {
      case 'linger':
        await linger.enable();
        break;
      case 'chmod':
        await takeAway(target, fix.without ?? 0);
        break;
      case 'start':
        succeed(await service.start(deadline));
    }
  }
}

function succeed(result: JobResult): void {
  if (result !== 'done') throw new PortError('failed', `its job ended as "${result}"`);
}

/** From what is there now: another one may have been put there meanwhile. */
async function takeAway(file: string, bits: number): Promise<void> {
  const stats = lstatSync(file);
  if (stats.isSymbolicLink()) throw new PortError('refused', `${file} is a link now`);
  await chmod(file, stats.mode & 0o7777 & ~bits);
}
