import { describe, expect, test } from 'vitest';
import { digestOfFile } from '../../src/model/digest.ts';
import { agentUnit } from '../../src/model/names.ts';
import { documentOf } from '../../src/model/section.ts';
import { desired, desiredFrom, rosterOf, sample, usual } from './sample.ts';

const unit = 'mosaic-agent@coder0.service';

describe('what is desired of an agent', () => {
  const config = (coder: string) => desired(coder).agents.get('coder0')?.config;

  test.each([
    ['usually', '', { enabled: true, active: true }],
    ['that does not start at boot', ', enabled: false', { enabled: false, active: true }],
    ['that is ephemeral', ', lifecycle: ephemeral', { enabled: false, active: true }],
    ['that is ephemeral and asks to start at boot', ', lifecycle: ephemeral, enabled: true', { enabled: false, active: true }],
    ['that is stopped', ', state: stopped', { enabled: false, active: false }],
    ['that is stopped and asks to start at boot', ', state: stopped, enabled: true', { enabled: false, active: false }],
  ])('%s', (_, more, expected) => {
    const { state, agents } = desired(`${usual}${more}`);
    const runs = expected.active;
    expect(state.units[unit]).toEqual({ ...expected, config: runs ? config(`${usual}${more}`) : null });
    expect(state.sessions).toEqual(
      runs ? { coder0: true, enhancer: true, orchestrator: true } : { enhancer: true, orchestrator: true },
    );
    expect(agents.get('coder0')?.running).toBe(runs);
  });

  test('keeps its files while it is stopped: it may be started any time', () => {
    expect(Object.keys(desired(`${usual}, state: stopped`).state.files)).toContain('agents/coder0.env');
  });

  test('its program is looked up on the PATH that its roster gives it', () => {
    expect(desired().agents.get('coder0')?.program).toEqual({ command: 'pi', path: null });
    expect(desired(`${usual}, env: { PATH: /opt/bin }`).agents.get('coder0')?.program).toEqual({
      command: 'pi',
      path: '/opt/bin',
    });
  });

  test('it knows the place where it is written', () => {
    expect(desired().agents.get('coder0')?.place).toMatchObject({ file: 'rosters/coding.yaml', line: 6, column: 13 });
  });
});

test('it is said in other forms, too, and the same in each', () => {
  const { state, sections, agents, agentsByUnit } = desired();
  expect({
    files: documentOf(sections.files),
    units: documentOf(sections.units),
    sessions: documentOf(sections.sessions),
  }).toEqual({ files: state.files, units: state.units, sessions: state.sessions });
  for (const { keys } of Object.values(sections)) expect(keys).toEqual([...keys].sort());
  expect([...agentsByUnit]).toEqual([...agents.values()].map((agent) => [agentUnit(agent.name), agent]));
});

describe('what is desired of a host', () => {
  test('is nothing at all without rosters, not even lingering', () => {
    const { state, files, agents, tmux } = desiredFrom(sample({}));
    expect(state).toEqual({ linger: false, files: {}, units: {}, sessions: {} });
    expect([files.size, agents.size, tmux]).toEqual([0, 0, { socket: 'mosaic', holderSession: '_holder' }]);
  });

  test('is nothing at all for a roster without agents', () => {
    const { state, fleets } = desiredFrom(sample({ empty: 'version: 1\nprofile: minimal\nagents: []\n' }));
    expect(state).toEqual({ linger: false, files: {}, units: {}, sessions: {} });
    expect(fleets).toEqual([{ name: 'empty', profile: 'minimal', waived: true, connector: 'tmux', file: 'rosters/empty.yaml' }]);
  });

  test('a roster of the minimal profile needs no floor, and one agent brings the holder along', () => {
    const one = 'version: 1\nprofile: minimal\nagents: [{ name: solo, runtime: stub }]\n';
    const { state, fleets } = desiredFrom(sample({ solo: one }));
    expect(Object.keys(state.units)).toEqual(['mosaic-agent@solo.service', 'mosaic-tmux-holder.service']);
    expect({ linger: state.linger, waived: fleets[0]?.waived }).toEqual({ linger: true, waived: true });
  });

  test('only the minimal profile waives the floor', () => {
    expect(desired(usual, 'profile: coding').fleets).toMatchObject([{ profile: 'coding', waived: false }]);
    expect(desired().fleets).toMatchObject([{ profile: null, waived: false }]);
  });

  test('digests of files are those of their texts', () => {
    const { state, files } = desired();
    expect(state.files).toEqual(
      Object.fromEntries([...files].sort().map(([key, { text, mode }]) => [key, digestOfFile(text, mode)])),
    );
  });

  test('keys are sorted', () => {
    const { state } = desired(`${usual}, lifecycle: ephemeral`);
    for (const part of [state.files, state.units, state.sessions]) {
      expect(Object.keys(part).length).toBeGreaterThan(1);
      expect(Object.keys(part)).toEqual(Object.keys(part).sort());
    }
  });
});

test('the same rosters give the same bytes, whatever their order', () => {
  const texts = {
    coding: rosterOf(usual),
    docs: rosterOf('runtime: pi, class: researcher').replaceAll('name: ', 'name: docs-'),
    solo: 'version: 1\nprofile: minimal\nagents: [{ name: solo, runtime: stub }]\n',
  };
  const given = sample(texts);
  const made = desiredFrom(given);
  const turned = desiredFrom({ ...given, rosters: [...given.rosters].reverse() });
  expect([...made.agents.keys()].length).toBe(7);
  expect(JSON.stringify(turned.state)).toBe(JSON.stringify(made.state));
  expect(new Map([...turned.files].sort())).toEqual(new Map([...made.files].sort()));
  expect(JSON.stringify(desiredFrom(sample(texts)).state)).toBe(JSON.stringify(made.state));
});
