import { join } from 'node:path';
import { send } from '../../../src/agents/delivery/send.ts';
import { connectBus } from '../../../src/systemd/bus.ts';
import { message, worldOf } from './stage.ts';

/** A process of its own that sends so many messages to each of several agents, and writes down each receipt it was given. */
async function run([directory = '', name = '', agents = '', count = '', verify = '']: readonly string[]): Promise<void> {
  const bus = await connectBus(join(process.env.XDG_RUNTIME_DIR ?? '', 'bus'));
  const world = worldOf(directory, async () => bus);
  process.send?.('ready');
  for (let index = 0; index < Number(count); index += 1) {
    for (const agent of agents.split(',')) {
      const sent = await send(message(`${name}-${index} to ${agent}`, { id: `${name}-${index}`, agent, sender: name }), world, {
        verify: verify === '' ? null : Number(verify),
      });
      process.send?.(sent.receipt);
    }
  }
  process.disconnect?.();
  await bus.close();
}

await run(process.argv.slice(2));
