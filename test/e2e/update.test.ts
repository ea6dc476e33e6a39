import { expect } from 'vitest';
import { type PrivateHost, packageRoot, type Ran } from './host.ts';
import { type Agents, classes, roster } from './rosters.ts';
import { expectFloor, longStory } from './story.ts';

const fleet: Agents = { orchestrator: 'orchestrator', enhancer0: 'enhancer', enhancer1: 'enhancer', coder0: 'implementer' };
const agents = Object.keys(fleet);
const dropIn = '.config/systemd/user/mosaic-agent@.service.d/mine.conf';
const hostRole = '.config/mosaic/fleet/roles/enhancer.md';

/** As an older version was: other role documents, another supervisor. */
const older = `sed -i 's/"version": "[^"]*"/"version": "0.0.9"/' ~/pkg/package.json
  sed -i 's/^You write software/You write code/' ~/pkg/rosters/roles/coder.md
  sed -i 's/^# Enhancer/# The enhancer/' ~/pkg/rosters/roles/enhancer.md
  sed -i 's/^# .*/# Studies/' ~/pkg/rosters/roles/research.md
  echo '# older' >> ~/pkg/units/mosaic-agent-run`;

/** A package of its own on the host, put over the one before as a package manager does. */
async function put(host: PrivateHost, change = ''): Promise<void> {
  const from = ['dist', 'rosters', 'units', 'package.json'].map((part) => `${packageRoot}/${part}`).join(' ');
  await host.must(['sh', '-ec', `mkdir -p ~/pkg; cp -r ${from} ~/pkg/\n${change}`]);
}

const muster = (host: PrivateHost, ...args: readonly string[]): Promise<Ran> =>
  host.run(['sh', '-c', 'exec node ~/pkg/dist/main.js "$@"', 'sh', ...args], { cwd: 'fleet' });

async function musterMust(host: PrivateHost, ...args: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await muster(host, ...args);
  expect(status, `muster ${args.join(' ')}\n${stdout}${stderr}`).toBe(0);
  return stdout;
}

const invocations = async (host: PrivateHost): Promise<readonly string[]> =>
  Promise.all(agents.map(async (name) => (await host.unit(name)).invocation));

longStory(
  'a new version comes to a host whose user has changed things: agents go on, and are relaunched when asked',
  async (host) => {
    await put(host, older);
    const copies =
      'mkdir -p fleet/rosters/roles; cp pkg/rosters/roles/coder.md pkg/rosters/roles/research.md fleet/rosters/roles/';
    await host.must(['sh', '-ec', copies]);
    await host.commit({ 'rosters/coding.yaml': roster(fleet) });
    const recorder = await host.record('first apply', classes(fleet));
    await musterMust(host, 'apply', '--yes');
    await host.must(['git', 'config', '--global', 'user.name', 'Operator']);
    await host.must(['git', 'config', '--global', 'user.email', 'operator@example.internal']);
    expect(await musterMust(host, 'update', '--yes', '--commit')).toMatch(
      /^Committed as [0-9a-f]{12} on main\. To carry it out here: muster apply$/m,
    );
    expect(await host.git('show', '--format=%an %s', '--name-only')).toBe(
      'Operator Update copies to Muster 0.0.9\n\nrosters/.muster/seeded.json\n',
    );
    const own = '[Service]\nNice=1\n';
    await host.writeFiles({ [dropIn]: own });
    const coder = (await host.readFile('fleet/rosters/roles/coder.md')) ?? '';
    const mine = coder.replace('You do not approve your own work', 'You never approve your own work');
    const other = `${await host.readFile('fleet/rosters/roles/research.md')}`.replace('# Studies', '# Digging');
    await host.commit({ 'rosters/roles/coder.md': mine, 'rosters/roles/research.md': other });
    await musterMust(host, 'apply', '--yes');
    const edited = ((await host.readFile(hostRole)) ?? '').replace('# The enhancer', '# The meddler');
    await host.writeFiles({ [hostRole]: edited });
    const before = await invocations(host);

    await put(host);
    await recorder.phase('update', classes(fleet));
    const everything = await host.tree('fleet', '.config', '.local');
    const shown = await muster(host, 'update', '--dry-run');
    expect(shown.stdout).toContain('no running agent ends');
    expect(await host.tree('fleet', '.config', '.local')).toEqual(everything);

    const first = await muster(host, 'update', '--yes');
    // The conflict is left for its user; all else is done.
    expect(first.status, `${first.stdout}${first.stderr}`).toBe(1);
    const merged = (await host.readFile('fleet/rosters/roles/coder.md')) ?? '';
    expect(merged).toContain('You never approve your own work');
    expect(merged).toContain('You write software');
    expect(await host.readFile('fleet/rosters/roles/research.md')).toBe(other);
    expect(await host.readFile('fleet/rosters/roles/research.md.new')).toBe(await host.readFile('pkg/rosters/roles/research.md'));
    expect(await host.readFile(`${hostRole}.edited`)).toBe(edited);
    expect(await host.readFile(hostRole)).toContain('# Enhancer');
    expect(await host.readFile(dropIn)).toBe(own);
    expect(await invocations(host)).toEqual(before);

    const git = await host.git('log', '--oneline');
    const settled = await host.tree('fleet', '.config', '.local');
    expect(await muster(host, 'update', '--yes')).toMatchObject({ status: 1, stdout: expect.stringContaining('Nothing to do') });
    expect(await host.tree('fleet', '.config', '.local')).toEqual(settled);
    expect(await host.git('log', '--oneline')).toBe(git);
    await host.must(['rm', 'fleet/rosters/roles/research.md.new']);

    await recorder.phase('relaunch', classes(fleet));
    await musterMust(host, 'update', '--yes', '--relaunch');
    const after = await invocations(host);
    expect(after.filter((invocation, index) => invocation === before[index])).toEqual([]);
    const again = await musterMust(host, 'update', '--yes', '--relaunch');
    expect(again).toContain('Nothing to do');
    expect(await invocations(host)).toEqual(after);
    await expectFloor(recorder, ['relaunch: orchestrator']);
  },
);

longStory(
  'an installed controller goes on with the new program, and an interrupted update is finished by the next',
  async (host) => {
    await put(host, older);
    const commit = await host.commit({ 'rosters/coding.yaml': roster(fleet) });
    await musterMust(host, 'install');
    const { stdout: state } = await host.run(['sh', '-c', 'echo ~/.local/state/mosaic/$(cat /etc/machine-id)']);
    const seeded = (await host.readFile(`${state.trim()}/seeded.json`)) ?? '';
    expect(JSON.parse(seeded)).toMatchObject({
      version: '0.0.9',
      documents: { 'roles/coder.md': expect.stringContaining('You write code') },
    });
    const recorded = async () => ((await host.readFile(`${state.trim()}/admitted.json`)) ?? '').includes(commit);
    await host.waitFor('the fleet to be recorded', recorded);
    const pid = async (): Promise<string> =>
      (await host.systemctl('show', '-p', 'MainPID', '--value', 'mosaic-controller')).stdout;
    const [before, old] = [await invocations(host), await pid()];
    await put(host);
    const interrupted = await host.run(['sh', '-c', 'exec node ~/pkg/dist/main.js update --yes'], {
      cwd: 'fleet',
      at: { stream: 'stderr', text: 'stop    mosaic-controller', after: null },
    });
    expect(interrupted.signal).toBe('SIGKILL');
    await musterMust(host, 'update', '--yes');
    expect((await host.systemctl('is-active', 'mosaic-controller')).stdout.trim()).toBe('active');
    expect(await pid()).not.toBe(old);
    expect(await invocations(host)).toEqual(before);
    expect(await musterMust(host, 'update', '--yes')).toContain('Nothing to do');
  },
);
