import { describe, expect } from 'vitest';
import type { Plan } from '../../src/model/plan.ts';
import { type PrivateHost, unitOf } from './host.ts';
import { type Agents, floor, roster, small } from './rosters.ts';
import { expectConverged, stories, story } from './story.ts';

async function converged(host: PrivateHost, agents: Agents): Promise<void> {
  await host.commit({ 'rosters/coding.yaml': roster(agents) });
  await host.apply();
}

describe('a saved plan', () => {
  story('is carried out, and is the plan that was shown', async (host) => {
    await converged(host, floor);
    await host.commit({ 'rosters/coding.yaml': roster(small) });
    const shown = await host.muster(['plan', '--json', '--out', 'p.json']);
    expect(await host.readFile('fleet/p.json')).toBe(shown.stdout);
    expect((await host.muster(['apply', '--plan', 'p.json'])).status).toBe(0);
    expect(await host.activeAgents()).toEqual(['coder0', 'enhancer', 'orchestrator']);
    await host.run(['rm', 'fleet/p.json']);
    await expectConverged(host);
  });

  stories(
    [
      [
        'is refused once it was carried out',
        (host: PrivateHost) => host.must(['muster', 'apply', '--plan', 'p.json'], { cwd: 'fleet' }),
      ],
      [
        'is refused when the host has changed',
        (host: PrivateHost) => host.must(['systemctl', '--user', 'stop', unitOf('enhancer')]),
      ],
      [
        'is refused when there is another commit',
        (host: PrivateHost) => host.commit({ 'rosters/coding.yaml': roster({ ...small, coder1: 'implementer' }) }),
      ],
      ['is refused when its commit is another one of the same content', (host: PrivateHost) => host.commit({}, 'Nothing')],
      [
        'is refused when it was changed by hand',
        (host: PrivateHost) => host.must(['sh', '-c', `sed -i 's/"id": "sha256:[0-9a-f]/&0/' p.json`], { cwd: 'fleet' }),
      ],
    ] as const,
    async (host, [, deed]) => {
      await converged(host, floor);
      await host.commit({ 'rosters/coding.yaml': roster(small) });
      await host.muster(['plan', '--out', 'p.json']);
      await deed(host);
      const before = await host.everything();
      const { status, stderr } = await host.muster(['apply', '--plan', 'p.json']);
      expect({ status, told: stderr.includes('[plan/stale]') }).toEqual({ status: 1, told: true });
      expect(await host.everything()).toEqual(before);
    },
  );

  story('whose actions were changed by hand, its id kept, is never carried out as it says', async (host) => {
    await converged(host, small);
    await host.commit({ 'rosters/coding.yaml': roster({ ...small, coder1: 'implementer' }) });
    await host.muster(['plan', '--out', 'p.json']);
    const plan = JSON.parse((await host.readFile('fleet/p.json')) ?? '') as Plan;
    const evil = {
      ...plan,
      actions: [{ ...plan.actions[0], id: `stop ${unitOf('enhancer')}`, verb: 'stop', unit: unitOf('enhancer') }],
    };
    await host.writeFiles({ 'fleet/p.json': JSON.stringify(evil) });
    await host.muster(['apply', '--plan', 'p.json']);
    expect(await host.activeAgents()).toContain('enhancer');
  });
});

describe('the same inputs give the same bytes', () => {
  story('in every format, live and from a snapshot', async (host) => {
    await converged(host, small);
    await host.commit(
      { 'rosters/coding.yaml': roster({ boss: 'orchestrator', 'enhancer-b': 'enhancer' }) },
      'Change\n\nMuster-Allow-Prune: coding',
    );
    for (const format of ['text', 'json', 'markdown', 'github']) {
      const [one, two] = [await host.muster(['plan', '--format', format]), await host.muster(['plan', '--format', format])];
      expect(one).toEqual(two);
      expect(one.status).toBe(0);
    }
  });

  story('a snapshot stands for its host where there is none', async (host) => {
    await converged(host, small);
    await host.systemctl('stop', unitOf('coder0'));
    await host.muster(['ps', '--snapshot', 'host.json']);
    await host.commit({ 'rosters/coding.yaml': roster({ ...small, coder1: 'implementer' }) });
    const live = await host.json<Plan>(['plan']);
    const blind = { env: { XDG_RUNTIME_DIR: '/nowhere', PATH: null, HOME: '/nowhere' } };
    const path = (await host.must(['sh', '-c', 'echo "$PATH"'])).trim();
    const there = await host.json<Plan>(['plan', '--observed', 'host.json'], { env: { ...blind.env, PATH: path } });
    expect(there).toEqual({ ...live, id: there.id, against: 'snapshot' });
    expect(there.actions.map(({ id }) => id)).toContain(`start ${unitOf('coder1')}`);
  });
});

describe('formats', () => {
  story('of one plan with a finding', async (host) => {
    await converged(host, small);
    const lonely = roster({ lonely: 'worker' }, { profile: 'minimal', fleet: 'extra' });
    await host.commit({ 'rosters/coding.yaml': roster(floor), 'rosters/extra.yaml': lonely });
    const json = await host.json<Plan>(['plan']);
    expect(json).toMatchObject({ format_version: '1.0', dirty: false, host: 'h', against: 'host' });
    expect(json.diagnostics).toMatchObject([{ severity: 'notice', code: 'floor/waived', file: 'rosters/extra.yaml' }]);
    expect(json.actions.map(({ id }) => id)).toEqual(
      expect.arrayContaining([`stop ${unitOf('coder0')}`, `start ${unitOf('lonely')}`]),
    );

    const github = (await host.muster(['plan', '--format', 'github'])).stdout;
    expect(github).toMatch(/^::notice file=rosters\/extra\.yaml,line=\d+,col=\d+,title=floor\/waived::/);
    for (const line of github.trim().split('\n')) expect(line).toMatch(/^::(notice|warning|error) /);

    const markdown = (await host.muster(['plan', '--format', 'markdown'])).stdout;
    expect(markdown).toMatch(/^### Muster plan for `muster@h`\n/);
    expect(markdown).toContain(
      '| stop | coding | coder0 | mosaic-agent&#64;coder0.service | not-rostered | ends a running agent |',
    );

    const text = await host.muster(['plan', '--no-color']);
    expect(text.stdout).toMatch(/- agent coder0 +disable, stop.*! ends a running agent/);
    expect(text.stderr).toContain('notice[floor/waived]');
  });

  story('of an apply: a result for each action', async (host) => {
    await host.commit({ 'rosters/coding.yaml': roster(small) });
    const applied = await host.json<{ results: { id: string; outcome: string }[]; left: unknown[] }>(['apply', '--yes']);
    expect(applied.left).toEqual([]);
    expect(applied.results.length).toBeGreaterThan(10);
    expect(new Set(applied.results.map(({ outcome }) => outcome))).toEqual(new Set(['done']));
  });
});

describe('one writer', () => {
  story('a second apply names the first, and does nothing', async (host) => {
    const many: Agents = { ...small, ...Object.fromEntries(Array.from({ length: 12 }, (_, n) => [`w${n}`, 'worker'])) };
    await host.commit({ 'rosters/coding.yaml': roster(many) });
    const first = host.spawn(['muster', 'apply', '--yes'], { cwd: 'fleet' });
    await first.saw('reload unit-files');
    await first.signal('SIGSTOP');
    const pid = (await host.must(['pgrep', '-f', 'main.js apply'])).trim();
    const { status, stderr } = await host.muster(['apply', '--yes']);
    expect({ status, told: stderr.includes('[apply/locked]'), who: stderr.includes(`process ${pid}`) }).toEqual({
      status: 1,
      told: true,
      who: true,
    });
    expect((await host.muster(['plan'])).status).toBe(0);
    await first.signal('SIGCONT');
    expect((await first.done).status).toBe(0);
    await expectConverged(host);
  });

  story('whoever is killed gives the lock back', async (host) => {
    await host.commit({ 'rosters/coding.yaml': roster(small) });
    const { signal } = await host.muster(['apply', '--yes'], { at: { stream: 'stderr', lines: 1, after: null } });
    expect(signal).toBe('SIGKILL');
    await host.apply();
    await expectConverged(host);
  });
});

describe('apply asks', () => {
  story('a terminal, and refuses where there is none', async (host) => {
    await host.commit({ 'rosters/coding.yaml': roster(small) });
    const before = await host.everything();
    const { status, stderr } = await host.muster(['apply']);
    expect({ status, stderr }).toEqual({ status: 4, stderr: expect.stringContaining('--yes') });
    expect(await host.everything()).toEqual(before);
  });

  stories(
    [
      ['and does nothing without consent', 'n\r', 1, []],
      ['and carries out what was agreed to', 'y\r', 0, ['coder0', 'enhancer', 'orchestrator']],
    ] as const,
    async (host, [, answer, status, active]) => {
      await host.commit({ 'rosters/coding.yaml': roster(small) });
      const terminal = host.spawn(['script', '-qec', 'muster apply', '/dev/null'], {
        cwd: 'fleet',
        stdin: null,
        timeout: 30_000,
      });
      await terminal.saw('[y/N]');
      terminal.write(answer);
      expect((await terminal.done).status).toBe(status);
      expect(await host.activeAgents()).toEqual(active);
    },
  );
});
