import { describe, expect } from 'vitest';
import { unitOf } from './host.ts';
import { classes, small } from './rosters.ts';
import { running, story } from './story.ts';

describe('the recorder sees what must not be', () => {
  story('a second orchestrator, started by hand', async (host) => {
    const recorder = await running(host, small);
    await recorder.phase('by hand', classes({ ...small, coder0: 'orchestrator' }));
    await host.systemctl('restart', unitOf('coder0'));
    const { twoAtOnce } = await recorder.verdict();
    expect(twoAtOnce).toContainEqual(expect.stringMatching(/^systemd: orchestrator and coder0 for [\d.]+ ms$/));
    expect(twoAtOnce).toContain('tmux: coder0 and orchestrator');
  });

  story('a sole enhancer that is restarted', async (host) => {
    const recorder = await running(host, small);
    await recorder.phase('by hand', classes(small));
    await host.systemctl('restart', unitOf('enhancer'));
    const { gaps } = await recorder.verdict();
    expect(gaps).toEqual([
      { phase: 'by hand', fleet: 'coding', class: 'enhancer', milliseconds: expect.any(Number), open: false, outage: false },
    ]);
  });

  story('an orchestrator that stays away', async (host) => {
    const recorder = await running(host, small);
    await host.systemctl('stop', unitOf('orchestrator'));
    expect((await recorder.verdict()).gaps).toMatchObject([{ class: 'orchestrator', open: true }]);
  });

  story('an active unit without a session', async (host) => {
    const recorder = await running(host, small);
    await host.writeFiles({ '.config/systemd/user/mosaic-agent@liar.service': '[Service]\nExecStart=/bin/sleep infinity\n' });
    await host.systemctl('daemon-reload');
    await host.systemctl('start', unitOf('liar'));
    expect((await recorder.verdict()).disagreements).toEqual(['liar is active without a living pane']);
  });
});
