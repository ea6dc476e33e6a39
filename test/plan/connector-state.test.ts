import { describe, expect, test } from 'vitest';
import { known, unknown } from '../../src/model/known.ts';
import { connectorUnit } from '../../src/model/names.ts';
import type { Observation, ObservedConnector, ObservedUnit } from '../../src/model/observation.ts';
import { planChanges } from '../../src/plan/changes.ts';
import { connectorStatus } from '../../src/plan/connector-state.ts';
import { derive } from '../../src/plan/derive.ts';
import { hostOn, observationOf } from './hosts.ts';
import { desiredOf } from './sketches.ts';

const agents = [
  { name: 'o', class: 'orchestrator' },
  { name: 'e', class: 'enhancer' },
];
const desired = desiredOf([{ name: 'f', connector: 1, agents }]);
const unit = connectorUnit('f');
const well: ObservedConnector = {
  invocation: `run-${unit}`,
  kind: 'matrix',
  fresh: true,
  healthy: true,
  problems: [],
  waiting: { inbound: 2, outbound: 3 },
};
const problem = (reason: string, blocking: boolean) => ({ reason, blocking, detail: `${reason}!`, remedy: 'mend it' });

interface Seen {
  readonly unit?: Partial<ObservedUnit>;
  readonly health?: Partial<ObservedConnector> | null;
  readonly orchestrator?: Partial<ObservedUnit>;
  readonly more?: Partial<Observation>;
}

function told({ unit: raw = {}, health = {}, orchestrator = {}, more = {} }: Seen) {
  const host = hostOn(desired, desired);
  for (const [name, change] of [
    [unit, raw],
    ['mosaic-agent@o.service', orchestrator],
  ] as const) {
    const before = host.units[name];
    if (before !== undefined) host.units[name] = { ...before, ...change };
  }
  const connectors = known(health === null ? {} : { f: { ...well, ...health } });
  const { state, reason, detail, remedy } = connectorStatus(
    'f',
    desired,
    derive({ ...observationOf(host, desired), connectors, ...more }, desired),
  );
  return [state, reason, detail, remedy];
}

const silence = 'it runs, and has told nothing of itself for half a minute';

describe('a connector', () => {
  test.each<[string, Seen, readonly unknown[]]>([
    ['that is well', {}, ['ready', null, '', null]],
    [
      'with messages that do not get through',
      { health: { healthy: false, problems: [problem('outcome-unknown', false), problem('unreachable', true)] } },
      ['unhealthy', 'unreachable', 'unreachable!', 'mend it'],
    ],
    [
      'that is well, and of which somebody should know something',
      { health: { problems: [problem('outcome-unknown', false)] } },
      ['ready', 'outcome-unknown', 'outcome-unknown!', 'mend it'],
    ],
    [
      'whose orchestrator is down',
      { orchestrator: { active: 'inactive', invocation: '' } },
      ['ready', 'orchestrator-down', 'o is not live: what is said to it waits', null],
    ],
    ['that tells nothing', { health: null }, ['silent', null, silence, null]],
    ['that has told nothing for long', { health: { fresh: false } }, ['silent', null, silence, null]],
    ['of which only a former run has told something', { health: { invocation: 'another' } }, ['silent', null, silence, null]],
    ['that cannot be asked', { more: { connectors: unknown('no') } }, ['unknown', null, 'no', null]],
    ['where systemd cannot be asked', { more: { units: unknown('no bus') } }, ['unknown', null, 'no bus', null]],
    ['that was stopped', { unit: { active: 'inactive', invocation: '' } }, ['stopped', null, `${unit} is inactive`, null]],
    ['that has failed', { unit: { active: 'failed', invocation: '' } }, ['failed', null, `${unit} is failed`, null]],
    ['that systemd starts again', { unit: { active: 'activating' } }, ['starting', null, `${unit} is activating`, null]],
    ['that somebody masked', { unit: { enablement: 'masked' } }, ['masked', null, `${unit} is masked by hand`, null]],
  ])('%s', (_what, seen, expected) => {
    expect(told(seen)).toEqual(expected);
  });

  test('that gets nothing through is a warning of a plan, in words that stay the same', () => {
    const findings = (detail: string, healthy: boolean) => {
      const problems = [{ ...problem('unreachable', true), detail }];
      const connectors = known({ f: { ...well, healthy, problems: healthy ? [] : problems } });
      const { diagnostics, actions } = planChanges(
        desired,
        { ...observationOf(hostOn(desired, desired), desired), connectors },
        { adopt: false },
      );
      expect(actions).toEqual([]);
      return diagnostics;
    };
    expect(findings('since 12:00', true)).toEqual([]);
    const [told, ...more] = findings('since 12:00', false);
    expect(more).toEqual([]);
    expect(told).toMatchObject({
      severity: 'warning',
      code: 'connector/unhealthy',
      summary: 'the connector of fleet f (matrix) gets nothing through: unreachable',
      hint: 'mend it',
    });
    expect(findings('since 12:01', false)).toEqual([told]);
  });

  test('is none where the fleet has no orchestrator', () => {
    const none = desiredOf([{ name: 'g', agents }]);
    expect(connectorStatus('g', none, derive(observationOf(hostOn(none, none), none), none)).state).toBe('none');
  });
});
