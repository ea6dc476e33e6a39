import { afterAll, expect, test } from 'vitest';
import { bundled } from '../agents/bundled.ts';
import { soak } from '../connectors/synapse/soak.ts';
import { Synapse } from '../connectors/synapse/synapse.ts';

const synapse = await Synapse.start({ extra: 'rc_message: {per_second: 100, burst_count: 20}\n' });
afterAll(async () => {
  if (typeof synapse !== 'string') await synapse.end();
});

test('messages each way while the bridge and the homeserver are killed: none lost, none twice, all in order', {
  timeout: 300_000,
}, async (context) => {
  if (typeof synapse === 'string') return context.skip(synapse);
  const program = await bundled(new URL('../connectors/synapse/bridge-process.ts', import.meta.url));
  const { expected, heard, said } = await soak(synapse, { program, messages: 120, kills: 5, crashes: 1 });
  expect(heard).toEqual(expected);
  expect(said).toEqual(expected);
});
