import { describe, expect } from 'vitest';
import type { Plan } from '../../src/model/plan.ts';
import { page } from '../docs/page.ts';
import type { PrivateHost, RunOptions } from './host.ts';
import { floor, roster, small } from './rosters.ts';
import { expectConverged, stories, story } from './story.ts';

/** What docs/diagnostics.md shows of a finding. */
const shown = (code: string): string | undefined =>
  page('docs/diagnostics.md').blocks.find(({ language, sections }) => language === 'text' && sections.at(-1) === `\`${code}\``)
    ?.text;

/** A fleet of which the next commit drops somebody, so that there is something that must not be done. */
async function aboutToPrune(host: PrivateHost): Promise<void> {
  await host.commit({ 'rosters/coding.yaml': roster(small) });
  await host.apply();
  await host.commit({ 'rosters/coding.yaml': roster(floor) });
}

const blindfolds: readonly (readonly [name: string, blind: (host: PrivateHost) => Promise<RunOptions>])[] = [
  [
    'tmux is not on the PATH',
    async (host) => {
      await host.must(['sh', '-c', 'mkdir -p .bin; ln -s /usr/bin/* .bin/; rm .bin/tmux; ln -sf "$(command -v node)" .bin/node']);
      return { env: { PATH: `/run/private-host/bin:${host.home}/.bin` } };
    },
  ],
  ['the user bus is gone', async () => ({ env: { XDG_RUNTIME_DIR: '/nowhere' } })],
  [
    'the bus is stopped',
    async (host) => {
      await host.systemctl('stop', 'dbus.socket', 'dbus.service');
      return {};
    },
  ],
  [
    'our files cannot be read',
    async (host) => {
      await host.must(['chmod', '000', '.config/mosaic/fleet/agents']);
      return {};
    },
  ],
  [
    'the unit directory cannot be read',
    async (host) => {
      await host.must(['chmod', '300', '.config/systemd/user']);
      return {};
    },
  ],
  [
    'the record of what was admitted is damaged',
    async (host) => {
      await host.must(['sh', '-c', 'for f in .local/state/mosaic/*/admitted.json; do echo "{" >"$f"; done']);
      return {};
    },
  ],
];

/** Without the bus a connector ends, and comes back with it. */
async function agentsOf(host: PrivateHost) {
  const { units, sessions } = await host.settled();
  return { units: units.split('\n\n').filter((unit) => !unit.includes('Id=mosaic-connector@')), sessions };
}

describe('unknown is not absent: nothing is stopped, disabled or removed because', () => {
  stories(blindfolds, async (host, [, blind]) => {
    await aboutToPrune(host);
    const before = await agentsOf(host);
    const options = await blind(host);
    const plan = await host.json<Partial<Plan>>(['plan'], options);
    expect((plan.actions ?? []).filter(({ verb }) => ['stop', 'kill-session', 'restart', 'remove'].includes(verb))).toEqual([]);
    expect([...(plan.unknown ?? []), ...(plan.diagnostics ?? [])].length).toBeGreaterThan(0);
    const { stdout, stderr } = await host.muster(['apply', '--yes'], options);
    expect(`${stdout}${stderr}`).not.toMatch(/\n {4}at |\[internal\]/);
    expect(await agentsOf(host)).toEqual(before);
    expect(await host.enabledAgents()).toEqual(['coder0', 'enhancer', 'orchestrator']);
  });
});

story('the bus dies in the middle of apply: it begins nothing more and says so, and the next one converges', async (host) => {
  const many = { ...small, ...Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`w${n}`, 'worker'])) };
  await host.commit({ 'rosters/coding.yaml': roster(many) });
  const apply = host.spawn(['muster', 'apply', '--yes'], { cwd: 'fleet' });
  await apply.saw('start mosaic-tmux-holder.service');
  await host.crashBus();
  const { status, stderr } = await apply.done;
  expect({ status, stack: /\n {4}at |\[internal\]/.test(stderr) }).toEqual({ status: 1, stack: false });
  expect(stderr).toContain(shown('apply/lock-lost'));
  expect(Object.keys(await host.tree('.local')).filter((path) => path.endsWith('admitted.json'))).toEqual([]);
  await host.apply();
  await expectConverged(host);
});
