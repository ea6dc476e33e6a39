import { describe, expect } from 'vitest';
import type { LogLine } from '../../src/views/logs.ts';
import type { PrivateHost } from './host.ts';
import { floor, roster } from './rosters.ts';
import { story } from './story.ts';

async function fleet(host: PrivateHost): Promise<void> {
  const coder0 = { class: 'implementer', runtime: 'stub' };
  await host.commit({ 'rosters/coding.yaml': roster({ ...floor, coder0 }) });
  await host.apply();
  await host.waitFor('the stub', async () => (await host.tmux('capture-pane', '-p', '-t', '=coder0:')).stdout.includes('· idle'));
}

/** A journalctl with one entry, and another one for who follows; private hosts have no journal. */
const journalctl = `#!/bin/sh
entry() { printf '{"__REALTIME_TIMESTAMP":"%s","PRIORITY":"3","SYSLOG_IDENTIFIER":"sh","MESSAGE":"%s"}\\n' "$1" "$2"; }
entry 1767312000000000 'first\\u001b[2J'
case "$*" in *--follow*) entry 1767312001000000 later; exec sleep 60 ;; esac
`;

describe('muster logs', () => {
  story('says what each source has, and which one it is', async (host) => {
    await fleet(host);
    await host.writeFiles({ 'bin/journalctl': { text: journalctl, mode: 0o755 } });
    const path = (await host.must(['sh', '-c', 'echo "$HOME/bin:$PATH"'])).trim();
    const { status, stdout, stderr } = await host.muster(['logs', 'coder0'], { env: { PATH: path } });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^journal │ 2026-01-02 00:00:00Z sh: first\\x1b\[2J\npane {4}│ Stub agent: coder0/);
    const json = await host.muster(['logs', 'coder0', '--json', '-n', '1'], { env: { PATH: path } });
    const lines = json.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as LogLine);
    expect(lines.map(({ source, text }) => [source, text])).toEqual([
      ['journal', 'first\x1b[2J'],
      ['pane', 'coder0 · idle'],
    ]);
  });

  story('without a journal it says so, and shows the terminal; with neither it fails', async (host) => {
    await fleet(host);
    const blind = await host.muster(['logs', 'coder0']);
    expect(blind).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^pane/),
      stderr: expect.stringMatching(/^! journal: /),
    });
    await host.systemctl('stop', 'mosaic-agent@coder0.service');
    const neither = await host.muster(['logs', 'coder0']);
    expect(neither).toMatchObject({ status: 1, stdout: '', stderr: expect.stringContaining('error[logs/unreadable]') });
    expect(await host.muster(['logs', 'codr0'])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('Did you mean coder0?'),
    });
    for (const wrong of [
      ['-n', 'x'],
      ['--since', 'x'],
    ])
      expect((await host.muster(['logs', 'coder0', ...wrong])).status).toBe(4);
  });

  story('follows journal and terminal, also into the next run', async (host) => {
    await fleet(host);
    await host.writeFiles({ 'bin/journalctl': { text: journalctl, mode: 0o755 } });
    const path = (await host.must(['sh', '-c', 'echo "$HOME/bin:$PATH"'])).trim();
    const following = host.spawn(['muster', 'logs', 'coder0', '-f', '-n', '1'], { cwd: 'fleet', env: { PATH: path } });
    await following.saw('sh: later');
    await following.saw('coder0 · idle');
    await host.muster(['send', 'coder0', 'What is new?', '--verify']);
    await following.saw('pane    │ ● got: What is new?');
    await host.systemctl('restart', 'mosaic-agent@coder0.service');
    await following.saw('runs in a new terminal');
    await following.saw('pane    │ Role: ');
    await following.signal('SIGINT');
    expect((await following.done).status).toBe(0);
    expect(following.said.stdout.match(/got: What is new/g)).toHaveLength(1);
  });
});
