import { describe, expect, test } from 'vitest';
import { composeDesired } from '../../src/desired/compose.ts';
import type { Desired } from '../../src/model/desired.ts';
import { environmentFile } from '../../src/model/names.ts';
import { readEnvironmentFile } from './environment-file.ts';
import { desired, desiredFrom, facts, fileOf, rosterOf, sample, templates, usual } from './sample.ts';

const configOf = (made: Desired, agent = 'coder0'): string => made.agents.get(agent)?.config ?? 'no such agent';
const before = configOf(desired(`${usual}, env: { A: "1", B: "2" }, resources: { memory_max: 4G }`));
const likeIt = (more = '', head = ''): string =>
  configOf(desired(`${usual}, env: { A: "1", B: "2" }, resources: { memory_max: 4G }${more}`, head));

describe('the digest of an agent changes with', () => {
  test.each([
    ['its class', desired('runtime: pi, class: reviewer, env: { A: "1", B: "2" }, resources: { memory_max: 4G }')],
    ['its runtime', desired('runtime: stub, class: implementer, env: { A: "1", B: "2" }, resources: { memory_max: 4G }')],
    ['its variables', desired(`${usual}, env: { A: "1", B: "3" }, resources: { memory_max: 4G }`)],
    ['its limits', desired(`${usual}, env: { A: "1", B: "2" }, resources: { memory_max: 8G }`)],
    ['more limits', desired(`${usual}, env: { A: "1", B: "2" }, resources: { memory_max: 4G, cpu_weight: 50 }`)],
  ])('%s', (_, made) => {
    expect(configOf(made)).not.toBe(before);
  });

  test.each([
    ['its fleet', '', 'fleet: other'],
    ['its model', ', model_hint: big', ''],
    ['its directory', ', working_directory: /srv', ''],
    ['a directory that its roster gives all agents', '', 'defaults: { working_directory: /srv }'],
    ['its persona', ', persistent_persona: true', ''],
    ['its lifecycle', ', lifecycle: ephemeral', ''],
    ['the command of its runtime', '', 'runtimes: { pi: { command: pi-next } }'],
    ['the arguments of its runtime', '', 'runtimes: { pi: { args: [--fast] } }'],
    ['the variables of its runtime', '', 'runtimes: { pi: { env: { C: "3" } } }'],
    ['what its runtime is like', '', 'runtimes: { pi: { like: claude } }'],
  ])('%s', (_, more, head) => {
    expect(likeIt(more, head)).not.toBe(before);
  });

  test('its role document', () => {
    const given = sample({ coding: rosterOf(usual) });
    const coder = given.roles.coder;
    if (coder === undefined) throw new Error('no role for coders');
    const { shipped: _, ...own } = coder;
    const roles = (text: string) => desiredFrom({ ...given, roles: { ...given.roles, coder: { ...own, text } } });
    const other = roles(`${coder.text}\nAnd be kind.\n`);
    expect(configOf(other)).not.toBe(configOf(roles(coder.text)));
    expect(configOf(other, 'enhancer')).toBe(configOf(desiredFrom(given), 'enhancer'));
  });

  test('the place of the role document, where the program is told of it', () => {
    const moved = { mosaicHome: '/srv/mosaic' };
    expect(configOf(desired('runtime: codex, class: implementer', '', moved))).not.toBe(
      configOf(desired('runtime: codex, class: implementer')),
    );
  });
});

describe('the digest of an agent stays the same with', () => {
  test('its variables in another order', () => {
    expect(configOf(desired(`${usual}, env: { B: "2", A: "1" }, resources: { memory_max: 4G }`))).toBe(before);
  });

  test.each([
    ['what it is to do now', ', state: stopped', ''],
    ['whether it starts at boot', ', enabled: false', ''],
    ['what a change does to it', ', on_change: next-start', ''],
    ['another tmux socket', '', 'tmux: { socket_name: other, holder_session: keeper }'],
    ['the profile of its roster', '', 'profile: coding'],
    ['the selectors of its roster', '', 'host: [w-jarvis]\ntenant: jason'],
    ['runtimes that it does not use', '', 'runtimes: { own: { command: own } }'],
  ])('%s', (_, more, head) => {
    expect(likeIt(more, head)).toBe(before);
  });

  test('another text of a role document that ships with Muster: a new version restarts nobody', () => {
    const given = sample({ coding: rosterOf(usual) });
    const coder = given.roles.coder;
    if (coder === undefined) throw new Error('no role for coders');
    const other = desiredFrom({
      ...given,
      roles: { ...given.roles, coder: { ...coder, text: `${coder.text}\nAnd be kind.\n` } },
    });
    expect(configOf(other)).toBe(configOf(desiredFrom(given)));
    expect(other.agents.get('coder0')?.role).not.toBe(desiredFrom(given).agents.get('coder0')?.role);
    expect(other.state.files['roles/coder.md']).not.toBe(desiredFrom(given).state.files['roles/coder.md']);
  });

  test('another muster on this host', () => {
    expect(configOf(desired(usual, '', { launcher: ['/opt/node', '/srv/muster.js'] }))).toBe(configOf(desired()));
  });
});

test('the environment file names the digest, so that a running agent can tell what it was started with', () => {
  const made = desired();
  expect(readEnvironmentFile(fileOf(made, environmentFile('coder0'))).MOSAIC_CONFIG).toBe(configOf(made));
  expect(made.state.units['mosaic-agent@coder0.service']?.config).toBe(configOf(made));
});

describe('what agents share has digests of its own', () => {
  const given = sample({ coding: rosterOf(usual) });
  const withTemplates = (more: Partial<typeof templates>): Desired =>
    composeDesired({ ...given, facts, templates: { ...templates, ...more } });
  const usually = desiredFrom(given);
  const digests = ({ units, holder }: Desired) => ({ units, holder });

  test('a new agent template concerns agents, not the holder', () => {
    const made = withTemplates({ agent: `${templates.agent}# new\n` });
    expect(made.units).not.toBe(usually.units);
    expect(made.holder).toBe(usually.holder);
    expect(configOf(made)).toBe(configOf(usually));
  });

  test('a new holder concerns the holder, not the agents', () => {
    const made = withTemplates({ holder: `${templates.holder}# new\n` });
    expect(made.units).toBe(usually.units);
    expect(made.holder).not.toBe(usually.holder);
  });

  test('a new supervisor concerns both', () => {
    const made = withTemplates({ supervisor: `${templates.supervisor}# new\n` });
    expect(made.units).not.toBe(usually.units);
    expect(made.holder).not.toBe(usually.holder);
  });

  test.each(['tmux: { socket_name: other }', 'tmux: { holder_session: keeper }'])('%s is the holder alone', (head) => {
    const made = desired(usual, head);
    expect(made.units).toBe(usually.units);
    expect(made.holder).not.toBe(usually.holder);
  });

  test('the holder runs with its own digest', () => {
    expect(usually.state.units['mosaic-tmux-holder.service']).toEqual({ enabled: true, active: true, config: usually.holder });
    expect(digests(desired())).toEqual(digests(usually));
  });
});
