import { describe, expect, test } from 'vitest';
import { planWords, type SeenReasons, type SeenStatus, statusWords, whyWords } from '../../../src/connectors/questions/words.ts';
import type { Action } from '../../../src/model/plan.ts';

const agent = (name: string, over: Partial<SeenStatus['agents'][number]> = {}) => ({
  fleet: 'coding',
  name,
  state: 'live',
  desired: 'running',
  activity: { state: 'idle' },
  ...over,
});

const status = (over: Partial<SeenStatus> = {}): SeenStatus => ({
  revision: '0123456789abcdef0123456789abcdef01234567',
  fleets: [{ name: 'coding', conditions: [] }],
  agents: [agent('boss', { activity: { state: 'busy' } }), agent('coder0')],
  controller: { state: 'running' },
  ...over,
});

describe('the status of a fleet', () => {
  test('is who runs and what it does', () => {
    expect(statusWords(status(), 'coding')).toBe(
      [
        '**coding**: 2 of 2 agents live, revision 0123456789ab, the controller runs.',
        '```',
        '+ boss    busy',
        '+ coder0  idle',
        '```',
      ].join('\n'),
    );
  });

  test('has what is wrong first', () => {
    const words = statusWords(
      status({
        fleets: [
          {
            name: 'coding',
            conditions: [
              { type: 'FloorHeld', status: 'False', reason: 'NotLive', message: 'boss is not live' },
              { type: 'Healthy', status: 'True', reason: 'AllLive', message: '' },
              { type: 'Suspended', status: 'False', reason: 'NotSuspended', message: '' },
            ],
          },
        ],
        agents: [agent('coder0'), agent('boss', { state: 'failed' }), agent('rest', { state: 'stopped', desired: 'stopped' })],
        controller: { state: 'none' },
      }),
      'coding',
    );
    expect(words.split('\n')).toEqual([
      '**coding**: 1 of 2 agents live, revision 0123456789ab, controller: none.',
      '```',
      '! FloorHeld: NotLive, boss is not live',
      '! boss    failed',
      '+ coder0  idle',
      '- rest    stopped',
      '```',
    ]);
  });

  test('says nothing of other fleets', () => {
    const words = statusWords(status({ agents: [agent('boss'), agent('spy', { fleet: 'secret' })] }), 'coding');
    expect(words).not.toContain('spy');
    expect(words).toContain('1 of 1');
  });

  test('is cut to what a chat can show', () => {
    const words = statusWords(status({ agents: Array.from({ length: 500 }, (_, index) => agent(`coder${index}`)) }), 'coding');
    expect(words.split('\n').length).toBeLessThan(30);
    expect(words).toContain('and 476 more');
  });
});

const action = (over: Partial<Action>): Action => ({
  id: 'restart:mosaic-agent@coder0.service',
  verb: 'restart',
  kind: 'agent',
  fleet: 'coding',
  name: 'coder0',
  unit: 'mosaic-agent@coder0.service',
  target: null,
  reason: 'config-changed',
  after: [],
  disruptive: true,
  ...over,
});

describe('the plan of a fleet', () => {
  const rest = { pending: [], unknown: [], waiting: [] };

  test('is what is to be done to it', () => {
    const actions = [action({}), action({ fleet: 'secret', name: 'spy' })];
    const words = planWords({ actions, ...rest }, 'coding');
    expect(words).toContain('**coding**: 1 action to go.');
    expect(words).toContain('! restart coder0  config-changed');
    expect(words).not.toContain('spy');
  });

  test('may be nothing', () => {
    expect(planWords({ actions: [], ...rest }, 'coding')).toBe('**coding**: nothing to do, this host is as its rosters say.');
  });
});

describe('why an agent is as it is', () => {
  const reasons = (over: Partial<SeenReasons> = {}): SeenReasons => ({
    name: 'coder0',
    desired: { fleet: 'coding', class: 'implementer', runtime: 'pi' },
    state: 'failed',
    unit: 'failed, enabled',
    why: [{ text: 'it is in back-off until 10:05', hint: 'muster reconcile tries it now' }],
    ended: { at: '2026-01-02T10:00:00Z', cause: 'crashed', detail: 'exit status 7' },
    ...over,
  });

  test('is told with what to do', () => {
    expect(whyWords(reasons(), 'coding').split('\n')).toEqual([
      '**coder0** (implementer, pi) is failed: failed, enabled.',
      '```',
      '- it is in back-off until 10:05',
      '  muster reconcile tries it now',
      'Its last run: crashed, exit status 7 (2026-01-02T10:00:00Z)',
      '```',
    ]);
  });

  test.each([
    ['another fleet', { fleet: 'secret', class: 'worker', runtime: 'pi' }],
    ['none', null],
  ])('is not told of an agent of %s', (_whose, desired) => {
    expect(whyWords(reasons({ desired }), 'coding')).toBe('There is no agent coder0 in fleet coding.');
  });

  test('cannot leave its fence, nor steer a terminal', () => {
    const words = whyWords(reasons({ why: [{ text: '```\n# **bold** \u001b[31m \u202e' }] }), 'coding');
    expect(words.match(/```/g)).toHaveLength(2);
    expect(words).not.toMatch(/[\p{Cf}]|\p{Cc}(?<!\n)/u);
  });
});
