import { describe, expect } from 'vitest';
import { Controller, configure, controlled, deeds, expectFleet, finish, follow, historyOf, revisions } from './controller.ts';
import { type Agents, classes, floor, roster, small } from './rosters.ts';
import { expectFloor, story } from './story.ts';

describe('the host follows the branch', () => {
  story('agents are added, changed, renamed and removed by commits alone', async (host) => {
    const run = await controlled(host, small);
    const others = async () => (await host.sessions()).filter(({ agent }) => agent !== 'coder0');
    const before = await others();
    const added = { ...small, coder1: 'implementer', coder2: 'implementer' };
    await follow(run, 'added', added);
    const coder0 = await host.unit('coder0');
    await follow(run, 'changed', { ...added, coder0: 'reviewer' });
    expect(await host.classOf('coder0')).toBe('reviewer');
    expect((await host.unit('coder0')).invocation).not.toBe(coder0.invocation);
    const { coder2: _, ...others2 } = added;
    await follow(run, 'renamed', { ...others2, painter: 'implementer' });
    await follow(run, 'removed', small);
    expect((await others()).map(({ id }) => id)).toEqual(before.map(({ id }) => id));
    const history = await historyOf(host);
    expect(revisions(history).flatMap(({ outcome, subject }) => (outcome === 'applied' ? [subject] : []))).toEqual(
      (await host.git('log', '--reverse', '--format=%H')).trim().split('\n'),
    );
    expect(deeds(history).filter(({ outcome }) => outcome !== 'done')).toEqual([]);
    await finish(run);
  });

  story('only the bound branch wakes it: no checkout, no other branch, no note, no tag', async (host) => {
    const run = await controlled(host, small);
    const { passes } = await run.controller.look();
    await host.git('checkout', '-q', '-b', 'other');
    await host.commit({ 'rosters/coding.yaml': roster(floor) }, 'Elsewhere\n\nMuster-Allow-Prune: coding');
    for (const round of ['one', 'two', 'three']) {
      await host.git('branch', `branch-${round}`);
      await host.git('tag', `tag-${round}`);
      await host.git('notes', 'append', '-m', round, 'main');
      await host.git('update-ref', `refs/muster/somebody/${round}`, 'HEAD');
    }
    expect((await run.controller.look()).passes).toBe(passes + 1);
    await expectFleet(host, small);
    // The branch moves while another one is checked out.
    await run.recorder.phase('merged', classes(floor));
    await host.git('branch', '-f', 'main', 'other');
    await run.controller.applied((await host.git('rev-parse', 'other')).trim());
    await expectFleet(host, floor);
    // Started again in a working copy on another branch, it follows the same one as before.
    await run.controller.stop();
    await host.git('checkout', '-q', '-b', 'third');
    const controller = new Controller(host);
    await controller.told('what it follows', ({ binding }) => binding?.ref === 'refs/heads/main');
    await finish({ ...run, controller });
  });

  story('packed refs', async (host) => {
    const run = await controlled(host, small);
    await host.git('pack-refs', '--all', '--prune');
    const larger: Agents = { ...small, coder1: 'implementer' };
    await follow(run, 'after packing', larger);
    await host.git('pack-refs', '--all', '--prune');
    await host.git('gc', '-q', '--prune=now');
    await follow(run, 'after collecting garbage', { ...larger, coder2: 'implementer' });
    await finish(run);
  });

  story('the files of a working tree, committed or not; and nothing changes while they are wrong', async (host) => {
    const larger: Agents = { ...small, coder1: 'implementer' };
    const write = (text: string): Promise<void> => host.writeFiles({ 'fleet/rosters/coding.yaml': text });
    await host.commit({ 'rosters/coding.yaml': roster(floor) });
    await write(roster(small));
    const recorder = await host.record('first', classes(small));
    const controller = new Controller(host, { args: ['--worktree'] });
    await expectFleet(host, small);
    await recorder.phase('written', classes(larger));
    await write(roster(larger));
    await expectFleet(host, larger);
    await write('agents: [');
    await controller.attempted('denied');
    await write(roster(small));
    await recorder.phase('mended', classes(small));
    await expectFleet(host, small);
    await controller.stop();
    expect((await host.muster(['plan', '--worktree', '--detailed-exitcode'])).status).toBe(0);
    await expectFloor(recorder);
  });

  story('a remote: fetched again and again, away for a while, back again', async (host) => {
    const origin = `${host.home}/origin.git`;
    await host.commit({ 'rosters/coding.yaml': roster(small) });
    await host.must(['git', 'clone', '-q', '--bare', `${host.home}/fleet`, origin]);
    await host.git('remote', 'add', 'origin', origin);
    await configure(host, { remote: { url: origin, interval: '1s' } });
    const recorder = await host.record('first', classes(small));
    const controller = new Controller(host, { cwd: '.' });
    await controller.applied((await host.git('rev-parse', 'HEAD')).trim());
    const larger: Agents = { ...small, coder1: 'implementer' };
    await recorder.phase('pushed', classes(larger));
    const pushed = await host.commit({ 'rosters/coding.yaml': roster(larger) });
    await host.git('push', '-q', 'origin', 'main');
    await controller.applied(pushed);
    await expectFleet(host, larger);
    await host.must(['mv', origin, `${origin}.away`]);
    await controller.saw('origin.git');
    await host.must(['systemctl', '--user', 'stop', 'mosaic-agent@coder1.service']);
    await expectFleet(host, larger);
    await host.must(['mv', `${origin}.away`, origin]);
    await recorder.phase('pushed again', classes({ ...larger, coder2: 'implementer' }));
    const again = await host.commit({ 'rosters/coding.yaml': roster({ ...larger, coder2: 'implementer' }) });
    await host.git('push', '-q', 'origin', 'main');
    await controller.applied(again);
    await expectFleet(host, { ...larger, coder2: 'implementer' });
    expect(await host.git('for-each-ref', '--format=%(refname)', 'refs/muster')).toBe('');
    expect((await controller.stop()).stderr).not.toContain('a pass failed');
  });

  story('a hundred commits in a second end at the last one', async (host) => {
    const run = await controlled(host, small);
    const commits = 100;
    await run.recorder.phase('many', classes({ ...small, [`agent${commits}`]: 'worker' }));
    const script = `for i in $(seq ${commits}); do
      sed "s/coder0/agent$i/" base.json >rosters/coding.yaml; git -c user.name=Operator -c user.email=operator@example.internal commit -qam "$i

Muster-Allow-Prune: coding"; done; git rev-parse HEAD`;
    await host.writeFiles({ 'fleet/base.json': roster({ ...floor, coder0: 'worker' }) });
    const last = (await host.must(['sh', '-c', script], { cwd: 'fleet' })).trim();
    await run.controller.applied(last);
    await expectFleet(host, { ...floor, [`agent${commits}`]: 'worker' });
    await finish(run);
  });
});

describe('one controller for each tenant', () => {
  story('a second one says who holds the lock, and takes over when that one is killed', async (host) => {
    const run = await controlled(host, small);
    await host.writeFiles({ 'fleet/rosters/coding.yaml': roster({ ...small, coder1: 'implementer' }) });
    const refused = await host.muster(['apply', '--yes', '--worktree']);
    expect(refused).toMatchObject({ status: 1, stderr: expect.stringContaining('apply/controlled') });
    expect(refused.stderr).toContain(String(await run.controller.pid));
    await host.git('checkout', '-q', '--', '.');
    const through = await host.muster(['apply', '--yes']);
    expect(through, 'what it follows is carried out by it').toMatchObject({ status: 0, signal: null });
    expect(through.stdout.match(/as its rosters say/g), 'told once').toHaveLength(1);
    const second = await host.muster(['run']);
    expect(second).toMatchObject({ status: 1, stderr: expect.stringContaining('apply/locked') });
    expect(second.stderr).toContain(String(await run.controller.pid));
    await run.controller.kill();
    const controller = new Controller(host);
    await controller.applied(run.commit);
    await follow({ ...run, controller }, 'after the crash', { ...small, coder1: 'implementer' });
    await finish({ ...run, controller });
    await host.apply();
  });

  story('SIGHUP looks at once and ends nothing; SIGTERM ends it cleanly, and the fleet lives on', async (host) => {
    const run = await controlled(host, small);
    const { passes } = await run.controller.look();
    expect((await run.controller.look()).passes).toBe(passes + 1);
    const before = await host.settled();
    await finish(run);
    expect(await host.settled()).toEqual(before);
    const controllers = (await historyOf(host)).flatMap((entry) => (entry.kind === 'controller' ? [entry.event] : []));
    expect(controllers).toEqual(['started', 'stopped']);
  });
});
