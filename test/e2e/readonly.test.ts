import { describe, expect } from 'vitest';
import { unitOf } from './host.ts';
import { floor, roster, small } from './rosters.ts';
import { running, stories, story } from './story.ts';

describe('plan writes nothing: files, links, times, linger, units and sessions stay as they are', () => {
  story('on a host where nothing was ever applied', async (host) => {
    await host.commit({ 'rosters/coding.yaml': roster(small) });
    const before = await host.everything();
    for (const format of ['text', 'json', 'markdown', 'github']) {
      expect((await host.muster(['plan', '--detailed-exitcode', '--format', format])).status).toBe(2);
    }
    expect(await host.everything()).toEqual(before);
  });

  stories(
    [
      ['with an agent to add', { ...small, coder1: 'implementer' }],
      ['with an agent to remove', floor],
      [
        'with everything to restart',
        Object.fromEntries(Object.entries(small).map(([name, one]) => [name, { class: String(one), env: { A: 'b' } }])),
      ],
      ['with the orchestrator to hand over', { boss: 'orchestrator', enhancer: 'enhancer', coder0: 'implementer' }],
    ] as const,
    async (host, [, agents]) => {
      await running(host, small).then((recorder) => recorder.verdict());
      await host.commit({ 'rosters/coding.yaml': roster(agents) });
      const before = await host.everything();
      expect((await host.muster(['plan', '--detailed-exitcode'])).status).toBe(2);
      expect((await host.muster(['plan', '--detailed-exitcode', '--adopt', '--worktree'])).status).toBe(2);
      expect((await host.muster(['ps'])).status).toBe(0);
      expect((await host.muster(['validate'])).status).toBe(0);
      expect(await host.everything()).toEqual(before);
    },
  );

  story('with drift, a ghost and a failed unit', async (host) => {
    await running(host, small).then((recorder) => recorder.verdict());
    await host.systemctl('disable', '--now', unitOf('coder0'));
    const wants = '.config/systemd/user/default.target.wants';
    await host.writeFiles({
      [`${wants}/${unitOf('ghost')}`]: { link: `${host.home}/.config/systemd/user/mosaic-agent@.service` },
    });
    const before = await host.everything();
    expect((await host.muster(['plan', '--detailed-exitcode'])).status).toBe(2);
    expect(await host.everything()).toEqual(before);
  });
});
