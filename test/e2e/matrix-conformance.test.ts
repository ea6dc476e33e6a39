import { afterAll, test } from 'vitest';
import { conformance } from '../connectors/conformance.ts';
import { synapseSubject } from '../connectors/synapse/subject.ts';
import { Synapse } from '../connectors/synapse/synapse.ts';

const synapse = await Synapse.start();
afterAll(async () => {
  if (typeof synapse !== 'string') await synapse.end();
});

if (typeof synapse === 'string') test('a matrix connector, against a real homeserver', (context) => context.skip(synapse));
else conformance('matrix', () => synapseSubject(synapse), ['repeat', 'limit', 'loseAnswers', 'refuse', 'down']);
