import { writerLock } from '../../src/host/lock.ts';
import { connectBus } from '../../src/systemd/bus.ts';

/** A process of its own that takes the writer lock of the bus named by its first argument, says so, and keeps it until its end. */
async function hold(socket: string): Promise<void> {
  const bus = await connectBus(socket);
  const taken = await writerLock(async () => bus).acquire('hold on');
  process.stdout.write('release' in taken ? 'held\n' : `held by ${taken.heldBy}\n`);
}

void hold(process.argv[2] ?? '');
