import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { noController, type Status } from '../../src/model/status.ts';
import { concerning } from '../../src/views/concerning.ts';
import { conditionLines, controllerLines } from '../../src/views/conditions.ts';
import { renderExplanation } from '../../src/views/explain.ts';
import { renderHistory } from '../../src/views/history.ts';
import { renderReconciled } from '../../src/views/reconcile.ts';
import { plain, styleFor } from '../../src/views/style.ts';
import { renderResumed, renderSuspended } from '../../src/views/suspension.ts';
import { controllerStatus, revision } from '../control/fake-control.ts';
import { expectGolden } from './golden.ts';
import { condition, crashing, deed, later, now, passAt, story } from './told.ts';

const widest = (text: string): number => Math.max(...text.split('\n').map(({ length }) => length));

describe('the history', () => {
  test.each([0, 80, 40])('%d columns wide', (columns) =>
    expectGolden(renderHistory(story, columns, plain), `history-${columns}`),
  );
  test('in colours', () => expectGolden(renderHistory(story, 80, styleFor(true)), 'history-coloured'));
  test('in colours, 80 columns wide: no line is longer, with or without a commit', () => {
    const told = stripVTControlCharacters(renderHistory(story, 80, styleFor(true)));
    expect(told).toBe(renderHistory(story, 80, plain));
  });
  test('of an agent and a connector whose fleet has the same name', () => {
    const connector = deed('start', 'coding', {
      id: 'start mosaic-connector@coding.service',
      unit: 'mosaic-connector@coding.service',
    });
    const spec = deed('write', 'coding', { id: 'write connectors/coding.json', unit: null });
    const told = renderHistory([passAt('2026-01-02T15:00:00Z', [spec, deed('start', 'coding'), connector])], 0, plain);
    expect(told).toContain('start the connector of coding, coding');
  });
  test('of a commit that is denied gives each reason once', () => {
    const told = renderHistory(story, 0, plain);
    expect(told.split('fleet coding has no enhancer')).toHaveLength(2);
    expect(told).toContain('b1946ac92492 is denied  ');
  });
  test('of nothing', () => expect(renderHistory([], 80, plain)).toBe('No history yet.\n'));
  test.each([200, 120, 80, 60])('fits into %d columns', (columns) => {
    expect(widest(renderHistory(story, columns, plain))).toBeLessThanOrEqual(columns);
  });
  test('of what systemd started again by itself', () => {
    const seen = [{ unit: 'mosaic-agent@coder0.service', name: 'coder0', cause: 'crashed', detail: 'exit status 7' }] as const;
    const entry = { format_version: '1.0', at: '2026-01-02T03:04:05.000Z', revision, kind: 'pass', took_ms: 9 } as const;
    const told = renderHistory([{ ...entry, triggers: ['unit'], plan: 'sha256:00112233', seen, actions: [] }], 0, plain);
    expect(told.split('\n')[1]).toBe(
      `  03:04:05  · coder0: crashed: exit status 7; systemd starts it again  ${revision.slice(0, 8)}/00112233`,
    );
  });
  test('of one agent', () => {
    const own = story.flatMap((entry) => concerning(entry, 'coder2'));
    return expectGolden(renderHistory(own, 80, plain), 'history-of-one-agent');
  });
  test('of a fleet has what was done to its agents', () => {
    expect(story.flatMap((entry) => concerning(entry, 'coding')).map(({ at }) => at.slice(0, 16))).toEqual([
      '2026-01-01T12:00',
      '2026-01-01T18:30',
      '2026-01-01T18:31',
      '2026-01-02T09:00',
    ]);
  });
});

describe('the explanation of an agent', () => {
  const live = {
    ...crashing,
    state: 'live' as const,
    unit: 'active (running), enabled',
    session: 'alive' as const,
    restarts: 1,
    drift: [],
    why: [],
    plan: [],
    actions: [],
    ended: { at: '2026-01-02T14:10:00.000Z', cause: 'killed' as const, detail: 'signal 9 (KILL)', from: 'history' as const },
  };
  test.each([0, 80, 60])('that crashes, %d columns wide', (columns) =>
    expectGolden(renderExplanation(crashing, now, columns, plain), `explain-${columns}`),
  );
  test('in colours', () => expectGolden(renderExplanation(crashing, now, 80, styleFor(true)), 'explain-coloured'));
  test('that lives', () => expectGolden(renderExplanation(live, now, 80, plain), 'explain-live'));
  test('that no roster names', () =>
    expectGolden(
      renderExplanation(
        {
          ...live,
          desired: null,
          ended: null,
          why: [{ code: 'not-rostered', text: 'no roster that is in force here names it' }],
        },
        now,
        80,
        plain,
      ),
      'explain-not-rostered',
    ));
  test.each([120, 80, 60])('fits into %d columns', (columns) => {
    expect(widest(renderExplanation(crashing, now, columns, plain))).toBeLessThanOrEqual(columns);
  });
  test('of whom a plan would end a run for several reasons fits, too', () => {
    const [action] = crashing.plan;
    const reasons = ['config-changed', 'role-changed', 'unit-file-changed'] as const;
    const plan = reasons.flatMap((reason) => (action === undefined ? [] : [{ ...action, reason, disruptive: true }]));
    const told = renderExplanation({ ...crashing, plan }, now, 80, plain);
    expect(plan).toHaveLength(3);
    expect(told).toContain('! ends a running agent');
    expect(widest(told)).toBeLessThanOrEqual(80);
  });
});

const statusWith = (more: Partial<Status>): Status => ({
  format_version: '1.0',
  host: 'w-jarvis',
  tenant: 'jason',
  revision,
  repository: null,
  fleets: [],
  agents: [],
  unrostered: [],
  differing: 0,
  pending: [],
  unknown: [],
  controller: noController,
  ...more,
});

const fleet = (conditions: Status['fleets'][number]['conditions']): Status['fleets'][number] => ({
  name: 'coding',
  profile: null,
  connector: 'tmux',
  connector_status: { state: 'ready', reason: null, detail: '', remedy: null, waiting_in: 0, waiting_out: 0 },
  agents: 3,
  live: 2,
  conditions,
});

const trouble = [
  condition('Admitted', 'False', 'Denied', 'fleet coding has no enhancer'),
  condition(
    'Reconciled',
    'False',
    'HeldBack',
    'left alone: coder0 (suspended by jason since 2026-01-02T14:00:00.123Z: to debug it)',
  ),
  condition('Healthy', 'Unknown', 'Unreadable', 'the bus does not answer'),
  condition('FloorHeld', 'True', 'Stable'),
  condition('ConnectorReady', 'Unknown', 'NoOrchestrator'),
  condition('Suspended', 'True', 'Agents', 'coder0 by jason: to debug it'),
];
const running = {
  state: 'running' as const,
  installed: true,
  status: controllerStatus({ last_pass: { at: '2026-01-02T15:09:57Z', took_ms: 9 } }),
};
const denied = {
  ...running,
  status: controllerStatus({
    last_pass: { at: '2026-01-02T15:09:57Z', took_ms: 9 },
    attempted: {
      revision: later,
      outcome: 'denied',
      at: '2026-01-02T15:09:57Z',
      diagnostics: [{ severity: 'error', code: 'floor/enhancer', summary: 'fleet coding has no enhancer' }],
    },
    obstacle: 'the history: no space left on device',
  }),
};

describe('what the controller says, in ps', () => {
  const told = (status: Status, columns: number, style = plain): string =>
    [...conditionLines(status, now, columns, style), '', ...controllerLines(status, now, columns, style), ''].join('\n');

  test.each([0, 80])('when all is not well, %d columns wide', (columns) =>
    expectGolden(told(statusWith({ fleets: [fleet(trouble)], controller: denied }), columns), `conditions-${columns}`),
  );
  test('in colours', () =>
    expectGolden(told(statusWith({ fleets: [fleet(trouble)], controller: denied }), 80, styleFor(true)), 'conditions-coloured'));

  test('is that its remote is away', () => {
    const status = controllerStatus({ last_pass: running.status.last_pass, unfetched: 'it does not answer' });
    expect(told(statusWith({ fleets: [], controller: { ...running, status } }), 80)).toContain(
      '! what its remote has now is not known: it does not answer',
    );
  });

  test('is one line when all is well', () => {
    const well = [
      condition('Admitted', 'True', 'Admitted'),
      condition('Suspended', 'False', 'NotSuspended'),
      condition('FloorHeld', 'Unknown', 'Waived'),
    ];
    expect(told(statusWith({ fleets: [fleet(well)], controller: running }), 80)).toBe(
      '\nController runs, follows main, last pass 3s ago.\n',
    );
  });

  test.each([
    ['unresponsive', true, 'Controller does not answer, last pass 3s ago: journalctl --user -u\n  mosaic-controller'],
    ['stopped', true, 'Controller does not run, last pass 3s ago; to start it: systemctl --user start\n  mosaic-controller'],
    ['stopped', false, 'Controller does not run, last pass 3s ago; to start it: muster run'],
    ['none', false, 'No controller: what drifts stays so until the next muster apply.'],
  ] as const)('is whether it is there: %s, installed: %s', (state, installed, line) => {
    const controller = { state, installed, status: state === 'none' ? null : running.status };
    // What it last said of the fleets is no longer so.
    expect(told(statusWith({ fleets: [fleet(trouble)], controller }), 80)).toBe(`\n${line}\n`);
  });
});

describe('what a reconcile came to', () => {
  const [, , , healed] = story;
  const said = (more: Parameters<typeof controllerStatus>[0], entries = healed === undefined ? [] : [healed]): string =>
    renderReconciled(entries, controllerStatus(more), 80, plain);

  test('all is well', () => expectGolden(said({}), 'reconcile-done'));
  test('nothing was to do', () => {
    expect(said({}, [])).toBe('This host is as its rosters say at 4b825dc642cb.\n');
  });
  test('much is left', () =>
    expectGolden(
      said({
        left: Array.from({ length: 12 }, (_, index) => `start mosaic-agent@coder${index}.service`),
        back_offs: [
          {
            resource: 'mosaic-agent@coder2.service',
            failures: 5,
            why: 'its last exit status was 7',
            until: null,
            quarantined: true,
          },
        ],
      }),
      'reconcile-left',
    ));
  test('a revision is denied', () => expectGolden(said({ attempted: denied.status.attempted }), 'reconcile-denied'));
  test('the branch is gone: whether there is a later revision is not known', () => {
    const attempted = { revision: null, outcome: 'unreadable', at: '2026-01-02T15:09:57Z', diagnostics: [] } as const;
    const told = said({ attempted });
    expect(told.replace(/\s+/g, ' ')).toContain('; what its branch names now is not known.');
    expect(told).not.toContain('later');
    expect(widest(told)).toBeLessThanOrEqual(80);
  });
  test.each(['denied', 'quarantined'] as const)('what is %s fits into 80 columns', (outcome) => {
    const { attempted } = denied.status;
    if (attempted !== null) expect(widest(said({ attempted: { ...attempted, outcome } }))).toBeLessThanOrEqual(80);
  });
  test('a remote is away: what it has now is not known', () => {
    const told = said({ unfetched: 'fetch https://example.internal/fleet.git: could not resolve the host' }, []);
    expect(told).toBe(
      'This host is as its rosters said at 4b825dc642cb; what its remote has now is not\n  known.\n' +
        '  ✗ fetch https://example.internal/fleet.git: could not resolve the host\n',
    );
  });
  test.each([
    [['coder0'], '1 agent failed to start, or to stay up.'],
    [['coder0', 'coder1'], '2 agents failed to start, or to stay up.'],
  ])('of %j, why is told once', (names, headline) => {
    const why = 'its job failed';
    const waits = `left alone: ${names.join(', ')} (backing off after 1 failure, again in 1 s: ${why})`;
    const fleets = [{ name: 'coding', conditions: [condition('Reconciled', 'False', 'HeldBack', waits)] }];
    const until = '2026-01-02T15:04:06.000Z';
    const one = { failures: 1, why, until, quarantined: false };
    const failed = names.map((name) => ({ ...one, resource: `mosaic-agent@${name}.service` }));
    const over = { ...one, resource: 'mosaic-agent@coder2.service', until: '2026-01-02T15:04:05.000Z' };
    const [first, ...told] = said({ fleets, back_offs: [...failed, over] }, []).split('\n');
    expect(first).toBe(`Nothing more can be done now: ${headline}`);
    expect(told.join(' ').replace(/\s+/g, ' ')).toBe(
      ` ✗ coding: ${waits} ✗ mosaic-agent@coder2.service: failed once (its job failed) `,
    );
  });
  test('an agent is not live, and nobody knows yet that it failed', () => {
    const conditions = [
      condition('Reconciled', 'False', 'Starting', 'coming up: mosaic-agent@coder0.service'),
      condition('Healthy', 'False', 'AgentsDown', 'not live: coder0'),
    ];
    expect(said({ fleets: [{ name: 'coding', conditions }] }, [])).toBe(
      'Nothing more can be done now; not live: coder0.\n  ✗ coding: coming up: mosaic-agent@coder0.service\n',
    );
  });
  test('something is left alone', () =>
    expectGolden(said({ fleets: [{ name: 'coding', conditions: trouble.slice(1) }] }), 'reconcile-aside'));
  test('nothing can be done', () => expectGolden(said({ obstacle: 'the user bus is away' }, []), 'reconcile-obstacle'));
});

describe('suspending', () => {
  const suspension = { kind: 'agent' as const, name: 'enhancer', reason: 'to debug it', until: '2026-01-02T17:10:00.000Z' };
  test('says what it leaves uncovered', () =>
    expectGolden(
      renderSuspended(suspension, ['fleet coding: nobody heals its only enhancer if it goes down'], false, plain),
      'suspended',
    ));
  test('in colours', () => expectGolden(renderSuspended(suspension, null, true, styleFor(true)), 'suspended-coloured'));
  test('a fleet, for good', () => {
    expect(renderSuspended({ kind: 'fleet', name: 'coding', reason: null, until: null }, [], true, plain)).toBe(
      '· fleet coding is suspended until it is resumed\n  It is left as it is, running or not. Drift is still reported.\n' +
        '  help: To end it: muster resume coding --fleet\n',
    );
  });
  test.each([
    [true, true, '✓ agent coder0 is resumed. The controller sees to it now.\n'],
    [true, false, '✓ agent coder0 is resumed. No controller runs; what drifted is mended by: muster apply\n'],
    [false, true, '· agent coder0 was not suspended\n'],
  ])('ends: %s, with a controller: %s', (resumed, controlled, text) => {
    expect(renderResumed({ kind: 'agent', name: 'coder0' }, resumed, controlled, plain)).toBe(text);
  });
});
