import { join } from 'node:path';
import { send } from '../../../src/agents/delivery/send.ts';
import { connectBus } from '../../../src/systemd/bus.ts';
import { message, worldOf } from './stage.ts';

/** A process that sends one message and is killed on the way. */
async function run([directory = '', moment = '', id = '']: readonly string[]): Promise<void> {
  const bus = await connectBus(join(process.env.XDG_RUNTIME_DIR ?? '', 'bus'));
  const world = worldOf(directory, async () => bus);
  const die = (): Promise<never> => {
    process.kill(process.pid, 'SIGKILL');
    return new Promise(() => {});
  };
  const { paste, press } = world.panes;
  const panes: typeof world.panes = {
    ...world.panes,
    paste: async (...given) => (moment === 'before the paste' ? die() : paste(...given)),
    press: async (...given) => {
      if (moment === 'after the paste') return die();
      await press(...given);
      return die();
    },
  };
  await send(message(`text of ${id}`, { id, sender: 'mortal' }), { ...world, panes }, { verify: 5000 });
}

await run(process.argv.slice(2));
