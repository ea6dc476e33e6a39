import { describe, expect } from 'vitest';
import { Controller, controlled, expectFleet, finish, follow, historyOf, revisions } from './controller.ts';
import { type PrivateHost, unitOf } from './host.ts';
import { type Agents, classes, floor, roster, small } from './rosters.ts';
import { stories, story } from './story.ts';

const larger: Agents = { ...small, coder1: 'implementer' };
const file = 'rosters/coding.yaml';

/** What the branch is made to name, what that is called, and how it is put right. */
type Trouble = readonly [
  name: string,
  deed: (host: PrivateHost, inForce: string) => Promise<unknown>,
  outcome: 'denied' | 'unreadable',
  mend: (host: PrivateHost, inForce: string) => Promise<unknown>,
];

const gone = 'a repository that is gone';
const backTo = (host: PrivateHost, inForce: string): Promise<string> => host.git('reset', '-q', '--hard', inForce);

const troubles: readonly Trouble[] = [
  ['a roster that is no YAML', (host) => host.commit({ [file]: 'agents: [' }), 'denied', backTo],
  ['a fleet without an orchestrator', (host) => host.commit({ [file]: roster({ enhancer: 'enhancer' }) }), 'denied', backTo],
  ['a branch that was reset to before what is in force', (host) => host.git('reset', '-q', '--hard', 'HEAD^'), 'denied', backTo],
  [
    'a history that was rewritten',
    async (host) => {
      await host.git('checkout', '-q', '--orphan', 'other');
      await host.commit({ [file]: roster(floor) }, 'Another beginning\n\nMuster-Allow-Prune: coding');
      await host.git('branch', '-f', 'main', 'other');
      await host.git('checkout', '-q', 'main');
    },
    'denied',
    backTo,
  ],
  [
    'a branch that is gone',
    (host) => host.git('update-ref', '-d', 'refs/heads/main'),
    'unreadable',
    (host, inForce) => host.git('update-ref', 'refs/heads/main', inForce),
  ],
  [gone, (host) => host.must(['mv', 'fleet', 'away']), 'unreadable', (host) => host.must(['mv', 'away', 'fleet'])],
  [
    'a commit whose roster is damaged on the disk',
    async (host) => {
      // Committed elsewhere, damaged there, and only then named by the branch.
      await host.git('checkout', '-q', '-b', 'other');
      await host.commit({ [file]: roster(floor) }, 'Damaged\n\nMuster-Allow-Prune: coding');
      const blob = (await host.git('rev-parse', `HEAD:${file}`)).trim();
      const object = `fleet/.git/objects/${blob.slice(0, 2)}/${blob.slice(2)}`;
      await host.must(['sh', '-c', `chmod u+w ${object} && head -c 100 /dev/urandom >${object}`]);
      await host.git('branch', '-f', 'main', 'other');
    },
    'unreadable',
    async (host, inForce) => {
      await host.git('checkout', '-q', '-f', '-B', 'main', inForce);
    },
  ],
];

describe('a revision that is not to be used changes nothing, and what drifts is healed meanwhile', () => {
  stories(troubles, async (host, [name, deed, outcome, mend]) => {
    const run = await controlled(host, small);
    const inForce = await follow(run, 'larger', larger);
    const before = await host.settled();
    await deed(host, inForce);
    await run.controller.attempted(outcome);
    await run.controller.look();
    expect(await host.settled()).toEqual(before);
    await host.must(['systemctl', '--user', 'disable', '--now', unitOf('coder1')]);
    await expectFleet(host, larger);
    // The one that comes after a crash heals just as well.
    await run.controller.kill();
    await host.must(['systemctl', '--user', 'disable', '--now', unitOf('coder0')]);
    const controller = new Controller(host, { args: [`${host.home}/fleet`], cwd: '.' });
    await controller.attempted(outcome);
    // What is in force is in the repository alone: without one nothing more is known, and nothing is done.
    if (name === gone) expect(await host.activeAgents()).not.toContain('coder0');
    else await expectFleet(host, larger);
    await mend(host, inForce);
    await controller.applied(inForce);
    await follow({ ...run, controller }, 'mended', small);
    await finish({ ...run, controller });
    const told = revisions(await historyOf(host)).filter((entry) => entry.outcome === 'denied');
    expect(new Set(told.map(({ subject }) => subject)).size).toBe(outcome === 'denied' ? 1 : 0);
  });

  story('an empty roster directory removes nothing', async (host) => {
    const run = await controlled(host, small);
    const before = await host.settled();
    const commit = await host.commit({ [file]: null, 'rosters/README': 'nothing here' });
    await run.controller.told('what became of it', ({ attempted }) => attempted?.revision === commit);
    await run.controller.look();
    expect(await host.settled()).toEqual(before);
    await follow(run, 'back again', larger);
    await finish(run);
  });

  story('whatever the past of a branch, where the operator allows it', async (host) => {
    const run = await controlled(host, small, { config: { fast_forward_only: false } });
    const first = run.commit;
    await follow(run, 'larger', larger);
    await run.recorder.phase('reset', classes(small));
    await host.git('commit', '-q', '--amend', '-m', 'x\n\nMuster-Allow-Prune: coding');
    await host.git('reset', '-q', '--hard', first);
    await run.controller.applied(first);
    await expectFleet(host, small);
    await finish(run);
  });
});

/** Makes two keys, and gives the policy that trusts the first; `sign` has commits signed with a key from now on. */
interface Signing {
  readonly policy: object;
  readonly sign: (name: 'trusted' | 'other') => Promise<void>;
}

async function withSsh(host: PrivateHost): Promise<Signing> {
  for (const name of ['trusted', 'other'])
    await host.must(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', `${host.home}/keys/${name}`]);
  await host.writeFiles({ 'keys/allowed': `operator@example.internal ${await host.readFile('keys/trusted.pub')}` });
  return {
    policy: { format: 'ssh', allowed_signers: `${host.home}/keys/allowed` },
    sign: async (name) => {
      await host.must(['git', 'config', '--global', 'gpg.format', 'ssh']);
      await host.must(['git', 'config', '--global', 'user.signingkey', `${host.home}/keys/${name}`]);
    },
  };
}

/** The operator has both secret keys; the keyring that the controller trusts has one public key. */
async function withGpg(host: PrivateHost): Promise<Signing> {
  const gpg = (home: string, ...args: string[]): Promise<unknown> =>
    host.must(['gpg', '--homedir', `${host.home}/keys/${home}`, '--batch', '--quiet', ...args]);
  await host.must(['mkdir', '-m', '700', 'keys/secret', 'keys/ring']);
  for (const name of ['trusted', 'other'])
    await gpg('secret', '--passphrase', '', '--pinentry-mode', 'loopback', '--quick-gen-key', `${name}@example.internal`);
  await gpg('secret', '--output', `${host.home}/keys/trusted.gpg`, '--export', 'trusted@example.internal');
  await gpg('ring', '--import', `${host.home}/keys/trusted.gpg`);
  await host.writeFiles({ 'keys/sign': `#!/bin/sh\nexec gpg --homedir ${host.home}/keys/secret "$@"\n` });
  await host.must(['chmod', '+x', 'keys/sign']);
  return {
    policy: { format: 'gpg', home: `${host.home}/keys/ring` },
    sign: async (name) => {
      await host.must(['git', 'config', '--global', 'gpg.program', `${host.home}/keys/sign`]);
      await host.must(['git', 'config', '--global', 'user.signingkey', `${name}@example.internal`]);
    },
  };
}

describe('only what a trusted key has signed comes into force', () => {
  const formats = [
    ['ssh', 'ssh-keygen', withSsh],
    ['gpg', 'gpg', withGpg],
  ] as const;
  for (const [format, program, prepare] of formats) {
    story(`signed with ${format}`, async (host, context) => {
      if ((await host.run(['sh', '-c', `command -v ${program}`])).status !== 0) context.skip(`there is no ${program} here`);
      await host.writeFiles({ 'keys/.keep': '' });
      const { policy, sign } = await prepare(host);
      const signing = (on: boolean): Promise<unknown> => host.must(['git', 'config', '--global', 'commit.gpgsign', String(on)]);
      await sign('trusted');
      await signing(true);
      const run = await controlled(host, small, { config: { signatures: policy } });
      const before = await host.settled();
      const untrusted = async (): Promise<void> => {
        const commit = await host.commit({ [file]: roster(larger) });
        const { attempted } = await run.controller.attempted('denied', commit);
        expect(attempted?.diagnostics[0]?.code).toBe('revision/untrusted');
      };
      await sign('other');
      await untrusted();
      await signing(false);
      await untrusted();
      expect(await host.settled()).toEqual(before);
      await sign('trusted');
      await signing(true);
      await follow(run, 'signed', larger);
      await finish(run);
    });
  }
});
