import { describe, expect } from 'vitest';
import { expectFleet, stateDir } from './controller.ts';
import type { PrivateHost, Ran } from './host.ts';
import { type Agents, roster } from './rosters.ts';
import { story } from './story.ts';

const holder = 'mosaic-tmux-holder.service';
const units = '.config/systemd/user';
const shared = [`${units}/mosaic-agent@.service`, '.config/mosaic/fleet/bin/mosaic-agent-run', '.config/mosaic/fleet/bin/muster'];
const fleet: Agents = {
  orchestrator: { class: 'orchestrator', runtime: 'stub' },
  enhancer: { class: 'enhancer', runtime: 'stub' },
  coder0: { class: 'implementer', runtime: 'stub' },
};

/** A host on which the installed controller has brought the fleet up. */
async function installed(host: PrivateHost): Promise<void> {
  const commit = await host.commit({ 'rosters/coding.yaml': roster(fleet) });
  await host.must(['muster', 'install'], { cwd: 'fleet' });
  await host.waitFor('the fleet to be recorded', async () =>
    ((await host.readFile(`${await stateDir(host)}/admitted.json`)) ?? '').includes(commit),
  );
  await expectFleet(host, fleet);
}

const uninstall = (host: PrivateHost, ...flags: readonly string[]): Promise<Ran> => host.muster(['uninstall', '--yes', ...flags]);

const keptRefs = (host: PrivateHost): Promise<string> => host.git('for-each-ref', '--format=%(refname)', 'refs/muster');

const present = async (host: PrivateHost, files: readonly string[]): Promise<readonly string[]> => {
  const texts = await Promise.all(files.map((file) => host.readFile(file)));
  return files.filter((_, index) => texts[index] !== null);
};

describe('as long as something of ours runs, it is told, and what it needs stays', () => {
  story('the holder is masked while it runs', async (host) => {
    await installed(host);
    await host.writeFiles({
      '.config/mosaic/fleet/roles/former.md': '# Former\n\n<!-- muster format_version=1.0; written by muster -->\n',
      '.config/mosaic/fleet/roles/mine.md': '# Mine\n',
    });
    await host.must(['rm', `${units}/${holder}`]);
    await host.must(['systemctl', '--user', 'mask', holder]);
    const ran = await uninstall(host, '--purge');
    expect(ran).toMatchObject({ status: 1, stdout: expect.stringContaining('Not everything is gone') });
    expect(ran.stdout).toMatch(/left alone: .*tmux holder.* \(.+\)/);
    expect(await present(host, shared)).toEqual(shared);
    expect(await host.readFile(`${await stateDir(host)}/admitted.json`)).not.toBeNull();
    // Unmasked, a second attempt ends it all.
    await host.must(['systemctl', '--user', 'unmask', holder]);
    const again = await uninstall(host, '--purge');
    expect(again, `${again.stdout}${again.stderr}`).toMatchObject({ status: 0 });
    expect(again.stdout).toContain('Everything is gone');
    expect(await host.activeAgents()).toEqual([]);
    expect(await present(host, shared)).toEqual([]);
    expect(await host.must(['find', '.config/mosaic', '-type', 'f'])).toBe('.config/mosaic/fleet/roles/mine.md\n');
  });

  story('what was admitted cannot be read', async (host) => {
    await installed(host);
    await host.must(['systemctl', '--user', 'stop', 'mosaic-controller']);
    const record = `${await stateDir(host)}/admitted.json`;
    await host.writeFiles({ [record]: '{ "damaged' });
    const ran = await uninstall(host);
    expect(ran).toMatchObject({ status: 1, stdout: expect.stringContaining('admitted.json') });
    expect(ran.stdout).not.toContain('Everything is gone');
    await expectFleet(host, fleet);
    expect(await present(host, shared)).toEqual(shared);
    expect(await host.readFile(record)).toBe('{ "damaged');
  });

  story('an agent is suspended', async (host) => {
    await installed(host);
    await host.must(['muster', 'suspend', 'coder0'], { cwd: 'fleet' });
    const ran = await uninstall(host);
    expect(ran).toMatchObject({ status: 1, stdout: expect.stringMatching(/left alone: .*coder0.*suspended/) });
    expect(await host.activeAgents()).toContain('coder0');
    expect(await present(host, shared)).toEqual(shared);
  });
});

describe('kept refs', () => {
  story('stay and are told, until they are purged', async (host) => {
    await installed(host);
    await host.waitFor('kept refs', async () => (await keptRefs(host)) !== '');
    const [ref = ''] = (await keptRefs(host)).split('\n');
    const hook = '#!/bin/sh\ntouch "$HOME/hooked"\n';
    await host.writeFiles({ 'fleet/.git/hooks/reference-transaction': hook });
    await host.must(['chmod', '+x', 'fleet/.git/hooks/reference-transaction']);
    await host.git('update-ref', 'refs/muster/elsewhere-somebody/admitted', 'HEAD');
    await host.must(['rm', '-f', 'hooked']);
    const ran = await uninstall(host);
    expect(ran, `${ran.stdout}${ran.stderr}`).toMatchObject({ status: 0, stdout: expect.stringContaining(`${ref} in `) });
    expect(await keptRefs(host)).toContain(ref);
    const purged = await uninstall(host, '--purge');
    expect(purged, `${purged.stdout}${purged.stderr}`).toMatchObject({ status: 0 });
    expect(await keptRefs(host)).toBe('refs/muster/elsewhere-somebody/admitted\n');
    expect(await host.readFile('hooked')).toBeNull();
  });
});

describe('a host on which nothing was ever installed', () => {
  story('is told so, and of nothing that it was removed', async (host) => {
    await host.commit({ 'rosters/coding.yaml': roster(fleet) });
    const ran = await uninstall(host, '--purge');
    expect(ran).toMatchObject({ status: 0, stdout: expect.stringContaining('There was nothing to remove.') });
    expect(ran.stderr).not.toContain('✓');
    const told = await host.json<{ steps: { outcome: string }[] }>(['uninstall', '--yes', '--purge']);
    expect(told.steps.filter(({ outcome }) => outcome !== 'already')).toEqual([]);
  });
});
