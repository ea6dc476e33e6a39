import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { matches, selects } from '../../src/admission/selects.ts';
import { presetNames } from '../../src/roster/presets.ts';
import { shipped } from '../roster/sample.ts';
import { fleet, here, judge, said, setOf } from './judge.ts';

describe('host selectors', () => {
  test.each([
    ['w-jarvis', 'w-jarvis', true],
    ['W-Jarvis', 'w-jarvis', true],
    ['w-jarvis', 'w-jarvis2', false],
    ['gpu-*', 'gpu-17', true],
    ['gpu-*', 'gpu-', true],
    ['gpu-*', 'cpu-17', false],
    ['gpu-??', 'gpu-17', true],
    ['gpu-??', 'gpu-1', false],
    ['*', 'anything', true],
    ['*-a-*-b', 'x-a-y-a-z-b', true],
    ['*-a-*-b', 'x-a-y-c', false],
    ['a.b', 'axb', false],
  ])('%s on %s: %s', (selector, host, result) => {
    expect(matches(selector, host)).toBe(result);
  });

  test('a glob made to take for ever does not', () => {
    expect(matches(`${'*a'.repeat(100)}b`, 'a'.repeat(250))).toBe(false);
  });
});

test.each([
  ['', true],
  ['host: w-jarvis', true],
  ['host: [other, "w-*"]', true],
  ['host: other', false],
  ['tenant: jason', true],
  ['tenant: Jason', false],
  ['host: w-jarvis\ntenant: other', false],
])('a roster with %j selects this host and tenant: %s', (head, result) => {
  const [roster] = setOf({ f: fleet('f', head) }).rosters;
  expect(roster && selects(roster, here)).toBe(result);
});

test('only the rosters that select the scope are chosen, and judged by the floor', () => {
  const texts = { a: fleet('a'), b: 'version: 1\nhost: elsewhere\nagents: []' };
  const admission = judge(texts);
  expect(admission.selected.map((roster) => roster.fleet)).toEqual(['a']);
  expect(admission.admitted).toBe(true);
});

test('a file that is no roster denies the revision: nobody knows whom it would have selected', () => {
  expect(said(judge({ a: fleet('a'), b: 'version: 1' }))).toEqual(['roster/missing-key b:1 the key `agents` is missing']);
});

test('a host that nothing selects is told so, without being denied', () => {
  const admission = judge({ a: fleet('a', 'host: elsewhere') });
  expect(admission.admitted).toBe(true);
  expect(said(admission)).toEqual(['notice rosters/none no roster selects host w-jarvis and tenant jason']);
});

describe('without a host', () => {
  const none = { scope: null };

  test('every roster is judged', () => {
    const texts = { a: fleet('a', 'host: x'), b: 'version: 1\nhost: y\ntenant: t\nagents: []' };
    expect(said(judge(texts, none))).toEqual([
      'floor/enhancer b:4 fleet b has no enhancer',
      'floor/one-orchestrator b:4 fleet b has no orchestrator',
    ]);
  });

  test('names may meet again on different hosts, but not where selectors overlap', () => {
    const apart = { a: fleet('a', 'fleet: f\nhost: x'), b: fleet('a', 'fleet: f\nhost: y') };
    expect(judge(apart, none).diagnostics).toEqual([]);
    const overlapping = { a: fleet('a', 'host: "gpu-*"'), b: fleet('a', 'host: gpu-1') };
    expect(said(judge(overlapping, none))).toEqual([
      'names/unique b:5 agent name a-orchestrator is used twice',
      'names/unique b:6 agent name a-enhancer is used twice',
    ]);
  });

  test('a finding that shows on many hosts is told once', () => {
    const texts = { a: 'version: 1\nhost: [x, y, "z-*"]\nagents: []', b: fleet('b', 'host: y'), c: fleet('c', 'tenant: t') };
    expect(said(judge(texts, none))).toEqual([
      'floor/enhancer a:3 fleet a has no enhancer',
      'floor/one-orchestrator a:3 fleet a has no orchestrator',
    ]);
  });

  test('no rosters at all are no error', () => {
    expect(judge({}, none)).toEqual({ admitted: true, selected: [], diagnostics: [] });
  });
});

test('findings come sorted by place, whatever the order of rules', () => {
  const texts = { b: fleet('b', '', '  - { name: x, runtime: no, class: no }'), a: 'version: 1\nagents: []\nhost: w-jarvis' };
  const places = judge(texts).diagnostics.map(
    ({ place, code }) => `${place?.file}:${place?.line}:${String(place?.column).padStart(3, '0')} ${code}`,
  );
  expect(places.length).toBe(4);
  expect(places).toEqual([...places].sort());
});

describe('presets', () => {
  test.each(presetNames)('%s is admitted, on a host and without one', (name) => {
    const text = readFileSync(shipped(`presets/${name}.yaml`), 'utf8');
    expect(text).toMatch(/^# yaml-language-server: \$schema=https:\/\//);
    for (const scope of [here, null]) {
      const admission = judge({ [name]: text }, { scope, connectors: [] });
      const findings = admission.diagnostics.map((finding) => finding.code);
      expect(findings).toEqual(name === 'minimal' ? ['floor/waived'] : []);
      expect(admission.selected).toMatchObject([{ fleet: name, profile: name }]);
    }
  });

  test.each([
    ['general', ['orchestrator', 'enhancer', 'generalist']],
    ['coding', ['orchestrator', 'enhancer', 'coder0', 'coder1', 'reviewer']],
    ['research', ['orchestrator', 'enhancer', 'researcher0', 'researcher1', 'analyst']],
    ['hybrid', ['orchestrator', 'enhancer', 'coder0', 'researcher0', 'reviewer']],
  ])('%s: the core on claude and persistent, the workers on pi', (name, agents) => {
    const [roster] = setOf({ [name]: readFileSync(shipped(`presets/${name}.yaml`), 'utf8') }).rosters;
    expect(roster?.agents.map((agent) => agent.name)).toEqual(agents);
    for (const [index, agent] of (roster?.agents ?? []).entries()) {
      expect(agent).toMatchObject(
        index < 2
          ? { runtime: 'claude', persistentPersona: true, modelHint: null }
          : { runtime: 'pi', persistentPersona: false, modelHint: 'openai-codex/gpt-5.5:high' },
      );
    }
  });
});
