import { expect, test } from 'vitest';
import { judgeFiles } from '../../src/controller/judge.ts';
import { readShipped } from '../../src/host/shipped.ts';
import type { RevisionFiles } from '../../src/model/roster.ts';
import { desired, facts, rosterOf, usual } from '../desired/sample.ts';

const shipped = readShipped(new URL('../..', import.meta.url).pathname);

const files: RevisionFiles = {
  rosters: [{ file: 'rosters/coding.yaml', text: rosterOf(usual) }],
  roles: [],
  diagnostics: [],
  revision: 'c0ffee',
  dirty: false,
  trailers: [],
  root: '/srv/fleet',
  folder: 'rosters',
};

test('what is kept of an admitted revision is data: nothing of it leads back to the text of a roster', async () => {
  const judgement = await judgeFiles({ key: 'c0ffee', commit: 'c0ffee' }, files, null, { facts, shipped, connectors: [] });
  if (judgement.outcome !== 'admitted') throw new Error(judgement.outcome);
  const { agents, agentsByUnit } = judgement.admitted.desired;
  expect([...agents.values()]).toEqual([...desired().agents.values()]);
  for (const agent of [...agents.values(), ...agentsByUnit.values()]) {
    const fields = Object.values(Object.getOwnPropertyDescriptors(agent));
    expect(fields.filter(({ get }) => get !== undefined)).toEqual([]);
    expect(agents.get(agent.name)).toBe(agent);
  }
});
