import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { hostFacts } from '../../src/host/facts.ts';
import { stateWriter } from '../../src/host/state.ts';
import { folder, ownerEnv, repository } from '../git/repositories.ts';
import { coder, file, muster, roster } from './command-line.ts';

let home: string;
let root: string;

beforeEach(() => {
  home = folder();
  // Two of five are gone already: another one would be more than half.
  root = repository({ [file]: roster(coder('coder0')).replace('tenant: jason\n', '') });
});

const env = () => ({ ...ownerEnv, HOME: home, XDG_STATE_HOME: join(home, 'state') });
const remove = (...more: readonly string[]) => muster(['remove', 'coder0', ...more], { cwd: root, env: env() });

const carriedOut = (source: string): Promise<void> =>
  stateWriter(hostFacts({ env: env(), uid: 1000, hostname: 'w-jarvis', launcher: ['muster'] }).stateDir).recordAdmitted({
    format_version: '1.0',
    revision: 'a'.repeat(40),
    source: { root: source, rosters: 'rosters' },
    fleets: { coding: ['boss', 'muse', 'coder0', 'coder1', 'coder2'] },
    state: { linger: true, files: {}, units: {}, sessions: {} },
    at: '2026-01-01T00:00:00Z',
  });

test('who takes one too many out is told that the commit has to consent', async () => {
  await carriedOut(root);
  const { status, stderr } = await remove();
  expect([status, stderr]).toEqual([0, expect.stringMatching(/drops 3 of 5 agents of this host: .*Muster-Allow-Prune: coding/)]);
});

test('and cannot have it committed without', async () => {
  await carriedOut(root);
  const { status, stderr } = await remove('--commit');
  expect([status, stderr]).toEqual([3, expect.stringMatching(/nothing was changed[\s\S]*Muster-Allow-Prune: coding/)]);
});

test('what another repository has on this host does not count', async () => {
  await carriedOut('/elsewhere');
  expect(await remove('--commit')).toMatchObject({ status: 0, stderr: '' });
});
