import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import type { Status } from '../../src/model/status.ts';
import { packageRoot } from './host.ts';
import { expectConverged, expectFloor, stories } from './story.ts';

/** Agents of each preset by class. */
const presets = [
  ['minimal', { generalist: 'worker' }],
  ['local-canary', { orchestrator: 'orchestrator', enhancer: 'enhancer', canary: 'worker' }],
  ['general', { orchestrator: 'orchestrator', enhancer: 'enhancer', generalist: 'worker' }],
  [
    'coding',
    { orchestrator: 'orchestrator', enhancer: 'enhancer', coder0: 'implementer', coder1: 'implementer', reviewer: 'reviewer' },
  ],
  [
    'research',
    {
      orchestrator: 'orchestrator',
      enhancer: 'enhancer',
      researcher0: 'researcher',
      researcher1: 'researcher',
      analyst: 'analyst',
    },
  ],
  [
    'hybrid',
    {
      orchestrator: 'orchestrator',
      enhancer: 'enhancer',
      coder0: 'implementer',
      researcher0: 'researcher',
      reviewer: 'reviewer',
    },
  ],
] as const satisfies readonly (readonly [string, Readonly<Record<string, string>>])[];

/** Stands in for an agent's program: takes whatever arguments it is given. */
const standIn = { text: '#!/bin/sh\nexec sleep infinity\n', mode: 0o755 };

describe('a preset, as it ships, is planned, applied, live, settled, and back after a reboot', () => {
  stories(presets, async (host, [preset, agents]) => {
    const names = Object.keys(agents).sort();
    await host.writeFiles({ 'src/.keep': '', '.local/bin/claude': standIn, '.local/bin/pi': standIn });
    await host.commit({ 'rosters/fleet.yaml': readFileSync(join(packageRoot, `rosters/presets/${preset}.yaml`), 'utf8') });
    const plan = await host.muster(['plan', '--detailed-exitcode']);
    expect(plan.status).toBe(2);
    for (const name of names) expect(plan.stdout).toMatch(new RegExp(`\\+ agent ${name} +write, enable, start +in the roster`));

    const recorder = await host.record(
      'first apply',
      Object.fromEntries(Object.entries(agents).map(([name, one]) => [name, { fleet: preset, class: one }])),
    );
    await host.apply();
    const status = await host.json<Status>(['ps']);
    expect(status.agents.map(({ name, class: one, state, drift }) => ({ name, class: one, state, drift }))).toEqual(
      Object.entries(agents)
        .map(([name, one]) => ({ name, class: one, state: 'live', drift: [] }))
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
    );
    expect(status.unrostered).toEqual([]);
    await expectConverged(host);

    await recorder.phase('reboot', {}, { outage: true });
    await host.reboot();
    for (const name of names) await host.back(name);
    await recorder.phase('after the reboot', {});
    expect(await host.activeAgents()).toEqual(names);
    expect((await host.muster(['plan', '--detailed-exitcode'])).status).toBe(0);
    await expectFloor(recorder);
  });
});
