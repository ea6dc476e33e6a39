import { describe, expect } from 'vitest';
import { Controller } from './controller.ts';
import type { PrivateHost } from './host.ts';
import { type Agents, floor, roster } from './rosters.ts';
import { expectConverged, story } from './story.ts';

const file = 'rosters/coding.yaml';
const worker = ['--runtime', 'toy', '--class', 'worker'];

/** Does in its pane what it is asked to, as an orchestrator would. */
const scripted =
  'cd /; while :; do if mv ~/ask ~/asked 2>/dev/null; then sh ~/asked >~/part 2>&1; mv ~/part ~/said; fi; sleep 0.1; done';
const runtimes = { toy: { command: 'sleep', args: ['infinity'] }, scripted: { command: 'sh', args: ['-c', scripted] } };
const agents: Agents = { ...floor, orchestrator: { class: 'orchestrator', runtime: 'scripted' } };

interface Edited {
  readonly outcome: string;
  readonly next: readonly string[];
  readonly remarks: readonly string[];
  readonly commit: { readonly id: string };
  readonly host: { readonly command: string; readonly status: number } | null;
  readonly diagnostics: readonly { readonly code: string; readonly hint?: string }[];
}

async function fleet(host: PrivateHost): Promise<void> {
  await host.must(['git', 'config', '--global', 'user.name', 'Operator']);
  await host.must(['git', 'config', '--global', 'user.email', 'operator@example.internal']);
  await host.commit({ [file]: roster(agents, { runtimes }) });
  await host.apply();
}

/** What the orchestrator heard when it typed that. */
async function ask(host: PrivateHost, command: string): Promise<Edited> {
  await host.must(['rm', '-f', 'said']);
  await host.writeFiles({ ask: command });
  const said = await host.waitFor('an answer', async () => (await host.readFile('said')) ?? undefined);
  return JSON.parse(said) as Edited;
}

describe('a fleet is changed from the command line', () => {
  story(
    'the orchestrator composes it from its own pane, the host follows, and the floor is not for it to break',
    async (host) => {
      await fleet(host);
      const controller = new Controller(host);
      await controller.told('that it follows', ({ binding }) => binding !== null);

      const added = await ask(host, `muster add coder0 ${worker.join(' ')} --commit --json`);
      expect(added).toMatchObject({ outcome: 'committed', next: [], remarks: [] });
      await controller.told('the new revision', ({ applied }) => applied === added.commit.id);
      await host.waitFor('the new agent', async () => (await host.activeAgents()).includes('coder0'));
      const message = await host.git('log', '-1', '--format=%B');
      expect(message).toContain('Asked for by agent orchestrator of fleet coding.');

      const refused = await ask(host, 'muster remove enhancer --commit --json');
      expect(refused.diagnostics.map(({ code }) => code)).toEqual(['floor/enhancer', 'edit/denied']);
      expect(refused.diagnostics.at(-1)?.hint).toContain('Add another enhancer first');

      const removed = await ask(host, 'muster remove coder0 --commit --start --json');
      expect(removed.host).toMatchObject({ command: 'reconcile', status: 0 });
      expect(await host.activeAgents()).toEqual(['enhancer', 'orchestrator']);
      expect(await host.readFile(`fleet/${file}`)).toBe(roster(agents, { runtimes }));
      await controller.stop();
    },
  );

  story('without a controller --start carries it out; stopped agents start when they are told to', async (host) => {
    await fleet(host);
    const add = ['add', 'coder0', ...worker, '--commit', '--start', '--yes'];
    const added = await host.json<Edited>(add);
    expect(added.host).toMatchObject({ command: 'apply', status: 0 });
    expect(await host.activeAgents()).toContain('coder0');

    const kept = ['remove', 'coder0', '--keep-files', '--commit', '--start', '--yes'];
    expect((await host.json<Edited>(kept)).host).toMatchObject({ status: 0 });
    expect(await host.activeAgents()).not.toContain('coder0');
    expect(await host.readFile('.config/mosaic/fleet/agents/coder0.env')).toContain('MOSAIC_AGENT');

    await host.must(['muster', 'set', 'coder0', 'state=', '--commit', '--start', '--yes'], { cwd: 'fleet' });
    expect(await host.activeAgents()).toContain('coder0');
    await expectConverged(host);
  });

  story('on a branch that the controller does not follow it is committed and told; --start changes nothing', async (host) => {
    await fleet(host);
    const controller = new Controller(host);
    await controller.told('that it follows', ({ binding }) => binding !== null);
    await host.git('checkout', '-q', '-b', 'other');
    const before = await host.git('rev-parse', 'HEAD');
    const refused = await host.muster(['add', 'coder0', ...worker, '--commit', '--start']);
    expect(refused).toMatchObject({ status: 1, stderr: expect.stringContaining('does not follow other here') });
    expect([await host.git('rev-parse', 'HEAD'), await host.git('status', '--porcelain')]).toEqual([before, '']);

    const added = await host.json<Edited>(['add', 'coder0', ...worker, '--commit']);
    expect(added).toMatchObject({ outcome: 'committed', next: [], remarks: [expect.stringContaining('merge or push it there')] });
    await controller.stop();
  });
});
