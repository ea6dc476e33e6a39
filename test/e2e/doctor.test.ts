import { describe, expect } from 'vitest';
import type { Examination } from '../../src/model/doctor.ts';
import type { PrivateHost, RunOptions } from './host.ts';
import { roster, small } from './rosters.ts';
import { running, story } from './story.ts';

async function examine(host: PrivateHost, args: readonly string[] = [], options: RunOptions = {}) {
  const { status, stdout, stderr } = await host.muster(['doctor', '--json', ...args], options);
  const found = JSON.parse(stdout) as Examination;
  const stateOf = (id: string) => found.checks.find((check) => check.id === id)?.state;
  return { status, stderr, found, stateOf };
}

const environment = '.config/mosaic/fleet/agents/coder0.env';

describe('muster doctor', () => {
  story('changes nothing, on a host with a fleet and on one without', async (host) => {
    await host.must(['mkdir', 'fleet'], { cwd: '.' });
    const bare = await host.everything();
    expect((await examine(host)).stateOf('linger')).toBe('warning');
    expect(await host.everything()).toEqual(bare);
    await running(host, small).then((recorder) => recorder.verdict());
    const before = await host.everything();
    const { status, found } = await examine(host);
    expect(found.checks.filter(({ state }) => state === 'failing')).toEqual([]);
    expect(status).toBe(0);
    expect(await host.everything()).toEqual(before);
  });

  story('mends what is safe, says so, and has nothing to do a second time', async (host) => {
    await running(host, small).then((recorder) => recorder.verdict());
    await host.must(['chmod', '644', environment]);
    expect((await examine(host)).stateOf('permissions/read')).toBe('failing');
    expect((await examine(host, ['--fix'])).found).toHaveProperty('diagnostics');
    expect(await host.must(['stat', '-c', '%a', environment])).toBe('644\n');
    const mended = await examine(host, ['--fix', '--yes']);
    expect(mended.found.fixed.map(({ id, outcome }) => [id, outcome])).toEqual([['permissions/read', 'done']]);
    expect(mended.status).toBe(0);
    expect(await host.must(['stat', '-c', '%a', environment])).toBe('600\n');
    expect((await examine(host, ['--fix', '--yes'])).found.fixed).toEqual([]);
  });

  story('answers where there is no bus, and over su', async (host) => {
    await host.must(['mkdir', 'fleet'], { cwd: '.' });
    const gone = await examine(host, [], { env: { XDG_RUNTIME_DIR: '/nowhere' } });
    expect(gone).toMatchObject({ status: 1 });
    expect(gone.stateOf('bus')).toBe('failing');
    expect(gone.stateOf('manager')).toBe('unchecked');
    const su = await examine(host, [], { env: { XDG_RUNTIME_DIR: null, DBUS_SESSION_BUS_ADDRESS: null } });
    expect(su.found.checks.find(({ id }) => id === 'session')).toMatchObject({
      state: 'warning',
      mend: [`export XDG_RUNTIME_DIR=${host.runtimeDir} DBUS_SESSION_BUS_ADDRESS=unix:path=${host.runtimeDir}/bus`],
    });
    expect(su.stateOf('bus')).toBe('ok');
  });

  story('a bus and a tmux that hang are not waited for', async (host) => {
    await running(host, small).then((recorder) => recorder.verdict());
    await host.must([
      'sh',
      '-c',
      'kill -STOP $(pgrep -x "tmux: server") $(pgrep -x systemd -u "$(id -u)") $(pgrep -x dbus-daemon -u "$(id -u)")',
    ]);
    const { status, stateOf } = await examine(host, [], { timeout: 10_000 });
    await host.must([
      'sh',
      '-c',
      'kill -CONT $(pgrep -x "tmux: server") $(pgrep -x systemd -u "$(id -u)") $(pgrep -x dbus-daemon -u "$(id -u)")',
    ]);
    expect(stateOf('connector')).toBe('unchecked');
    expect(['failing', 'unchecked']).toContain(stateOf('bus'));
    expect(stateOf('manager')).toBe('unchecked');
    expect(stateOf('node')).toBe('ok');
    expect([0, 1]).toContain(status);
  });

  story('names a program that units do not find, and where it is', async (host) => {
    await host.writeFiles({
      'tools/toy': { text: '#!/usr/bin/env nowhere-to-be-found\n', mode: 0o755 },
      'fleet/rosters/coding.yaml': roster({ boss: 'orchestrator', muse: 'enhancer' }, { runtimes: { toy: { command: 'toy' } } }),
    });
    const runtime = async () => {
      const { stdout } = await host.run(['sh', '-c', 'PATH="$HOME/tools:$PATH" muster doctor fleet --json'], { cwd: '.' });
      return (JSON.parse(stdout) as Examination).checks.find(({ id }) => id === 'runtime/toy');
    };
    expect(await runtime()).toMatchObject({
      state: 'failing',
      mend: [`mkdir -p ~/.local/bin && ln -s ${host.home}/tools/toy ~/.local/bin/`],
    });
    await host.must(['sh', '-c', 'mkdir -p ~/.local/bin && ln -s ~/tools/toy ~/.local/bin/']);
    expect(await runtime()).toMatchObject({ state: 'failing', finding: expect.stringContaining('needs nowhere-to-be-found') });
  });
});
