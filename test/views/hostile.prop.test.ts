import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { activities, evidenceSources } from '../../src/model/agents.ts';
import type { HistoryEntry } from '../../src/model/controller.ts';
import type { Diagnostic } from '../../src/model/diagnostic.ts';
import type { Explanation } from '../../src/model/explanation.ts';
import type { Action, Plan, PlanDiagnostic } from '../../src/model/plan.ts';
import { reasons, verbs } from '../../src/model/plan.ts';
import { planDiagnostic } from '../../src/model/plan-diagnostic.ts';
import type { StatusReport } from '../../src/model/report.ts';
import { connectorStates, noController } from '../../src/model/status.ts';
import { renderEvent, renderOutcome } from '../../src/views/apply.ts';
import { renderDiagnostics } from '../../src/views/diagnostics.ts';
import { renderExplanation } from '../../src/views/explain.ts';
import { renderAnnotations, renderNotice } from '../../src/views/github.ts';
import { renderHistory } from '../../src/views/history.ts';
import { renderJson, renderJsonLine } from '../../src/views/json.ts';
import { renderMarkdown } from '../../src/views/plan-markdown.ts';
import { renderPlan } from '../../src/views/plan-text.ts';
import { renderStatus } from '../../src/views/ps.ts';
import { renderReconciled } from '../../src/views/reconcile.ts';
import { plain, styleFor } from '../../src/views/style.ts';
import { controllerStatus } from '../control/fake-control.ts';
import { planOf } from './plans.ts';
import { condition } from './told.ts';

/** What a roster, a unit, a session or a saved document may hold where it should hold a name or a sentence. */
const word = fc.oneof(
  fc.constantFrom(
    '\x1b[2J\x1b]0;title\x07',
    '\u009b31m',
    'a\r\nb',
    '\n::error::made up',
    '::set-output name=x::y',
    '%0A::warning::x',
    '|  | \\| a | b',
    '`code` </details> <img src=x> [a](http://x) @team #1 ~~x~~ **b**',
    '\u202eevil\u2066',
    '\u2028\u2029\u0085',
    '\u200b\ufeff\u{e0041}',
    '\ud800',
    '',
    '\t\v\f\0\x7f',
    '❯ żółć 🦀',
  ),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({ unit: fc.constantFrom('\n', '\r', '\x1b', '|', '`', ':', ',', '%', '\\', '<', 'a'), maxLength: 12 }),
);

const action: fc.Arbitrary<Action> = fc.record({
  id: word,
  verb: fc.constantFrom(...verbs),
  kind: fc.constantFrom('file', 'host', 'manager', 'holder', 'agent', 'connector', 'session'),
  fleet: fc.option(word),
  name: fc.option(word),
  unit: fc.option(word),
  target: fc.option(word),
  reason: fc.constantFrom(...reasons),
  after: fc.array(word, { maxLength: 2 }),
  disruptive: fc.boolean(),
});

const finding: fc.Arbitrary<Diagnostic> = fc
  .record(
    {
      severity: fc.constantFrom('error', 'warning', 'notice'),
      code: fc.constantFrom('roster/value', 'host/no-bus'),
      summary: word,
      detail: word,
      hint: word,
      place: fc.record({
        file: fc.constantFrom('rosters/a.yaml', 'rosters/\x1b[31m\n::error::x|`.yaml'),
        line: fc.integer({ min: 1, max: 4 }),
        column: fc.integer({ min: 1, max: 200 }),
        endColumn: fc.integer({ min: 1, max: 400 }),
      }),
    },
    { requiredKeys: ['severity', 'code', 'summary'] },
  )
  .map((one) => one as Diagnostic);

const plan: fc.Arbitrary<Plan> = fc
  .record({
    actions: fc.array(action, { maxLength: 5 }),
    host: word,
    tenant: word,
    against: fc.oneof(fc.constantFrom('host', 'snapshot', 'f'.repeat(40)), word),
    revision: fc.option(word),
    handovers: fc.array(fc.record({ fleet: word, leaving: word, entering: word, movers: fc.constant([]) }), { maxLength: 2 }),
    pending: fc.array(
      fc.record({
        unit: word,
        name: word,
        fleet: fc.option(word),
        reason: fc.constantFrom('config-changed', 'unit-file-changed'),
      }),
      { maxLength: 2 },
    ),
    waiting: fc.array(word, { maxLength: 2 }),
    unknown: fc.array(fc.record({ path: word.map((one) => `/units/${one}`), why: word }), { maxLength: 2 }),
    diagnostics: fc.array(finding.map(planDiagnostic), { maxLength: 2 }),
  })
  .map(({ actions, ...more }) => planOf(actions, more));

const status: fc.Arbitrary<StatusReport> = fc.record({
  format_version: fc.constant('1.0' as const),
  host: word,
  tenant: word,
  revision: fc.option(word),
  repository: fc.option(word),
  fleets: fc.constant([]),
  agents: fc.array(
    fc.record({
      fleet: word,
      name: word,
      class: word,
      runtime: word,
      desired: fc.constantFrom('running', 'stopped'),
      unit: word,
      session: fc.constantFrom('alive', 'none'),
      state: fc.constantFrom('live', 'failed'),
      since: fc.constantFrom(null, '2026-01-01T00:00:00Z'),
      restarts: fc.option(fc.nat()),
      drift: fc.array(word, { maxLength: 2 }),
      connector: word,
      connector_state: fc.constantFrom(null, ...connectorStates),
      activity: fc.record({
        state: fc.constantFrom(...activities),
        source: fc.constantFrom(...evidenceSources),
        at: fc.constantFrom(null, '2026-01-01T00:00:00Z'),
        detail: word,
      }),
      inbox: fc.option(fc.record({ waiting: fc.nat(), dead: fc.nat() })),
      memory: fc.option(fc.nat()),
      cpu: fc.option(fc.nat()),
    }),
    { maxLength: 3 },
  ),
  unrostered: fc.array(fc.record({ unit: fc.option(word), session: fc.option(word), name: word, state: word }), { maxLength: 2 }),
  differing: fc.nat(),
  pending: fc.constant([]),
  unknown: fc.array(fc.record({ path: word, why: word }), { maxLength: 2 }),
  controller: fc.constant(noController),
});

const deeds = fc.array(
  fc.record(
    {
      id: word,
      verb: fc.constantFrom(...verbs),
      fleet: fc.option(word),
      name: fc.option(word),
      unit: fc.option(word),
      reason: word,
      outcome: fc.constantFrom('done' as const, 'failed' as const, 'blocked' as const),
      detail: word,
    },
    { requiredKeys: ['id', 'verb', 'fleet', 'name', 'unit', 'reason', 'outcome'] },
  ),
  { maxLength: 3 },
);
const base = { format_version: fc.constant('1.0' as const), at: word, revision: fc.option(word) };
const cause = fc.constantFrom('crashed' as const, 'killed' as const);
const seen = fc.array(fc.record({ unit: word, name: word, cause, detail: word }), { maxLength: 2 });

const entry = fc
  .oneof(
    fc.record({
      ...base,
      kind: fc.constant('pass' as const),
      triggers: fc.constant([]),
      plan: word,
      took_ms: fc.nat(),
      seen,
      actions: deeds,
    }),
    fc.record({
      ...base,
      kind: fc.constant('revision' as const),
      subject: word,
      outcome: fc.constantFrom('denied' as const, 'good' as const),
      message: word,
      diagnostics: fc.array(finding.map(planDiagnostic), { maxLength: 2 }),
    }),
    fc.record({ ...base, kind: fc.constant('suspended' as const), target: word, by: word, message: word }),
    fc.record({ ...base, kind: fc.constant('controller' as const), event: fc.constant('failed' as const), message: word }),
  )
  .map((one) => one as HistoryEntry);

const channelParts = {
  state: fc.constantFrom(...connectorStates),
  reason: fc.option(word),
  detail: word,
  remedy: fc.option(word),
  waiting_in: fc.constant(null),
  waiting_out: fc.constant(null),
};
const channel = fc.record(channelParts);

const explanation: fc.Arbitrary<Explanation> = fc.record({
  format_version: fc.constant('1.0' as const),
  host: word,
  tenant: word,
  revision: fc.option(word),
  name: word,
  desired: fc.option(
    fc.record({
      fleet: word,
      class: word,
      runtime: word,
      state: fc.constant('running' as const),
      enabled: fc.boolean(),
      lifecycle: fc.constant('core' as const),
      file: word,
      line: fc.nat(),
    }),
  ),
  state: fc.constantFrom('live', 'failed'),
  unit: word,
  session: fc.constantFrom('alive', 'none'),
  since: fc.option(word),
  restarts: fc.option(fc.nat()),
  drift: fc.constant([]),
  connector: fc.option(fc.record({ kind: word, ...channelParts })),
  why: fc.array(fc.record({ code: fc.constant('masked' as const), text: word, hint: word }), { maxLength: 2 }),
  ended: fc.option(fc.record({ at: fc.option(word), cause, detail: word, from: fc.constantFrom('host', 'history') })),
  actions: deeds.chain((all) =>
    fc.tuple(word, fc.option(word), word).map(([at, revision, plan]) => all.map((one) => ({ ...one, at, revision, plan }))),
  ),
  plan: fc.array(action, { maxLength: 2 }),
});

const fleet = { name: 'coding\x1b[31m', profile: null, connector: 'tmux\x1b[31m', agents: 1, live: 1 };
const controller = fc.tuple(word, word, word, finding.map(planDiagnostic)).map(([a, b, c, said]) =>
  controllerStatus({
    binding: { repository: a, ref: b, rosters: c },
    attempted: { revision: a, outcome: 'denied', at: b, diagnostics: [said] },
    applied: c,
    fleets: [{ name: a, conditions: [condition('Reconciled', 'False', b, c), condition('Healthy', 'Unknown', a, b)] }],
    back_offs: [{ resource: a, failures: 2, why: b, until: null, quarantined: true }],
    left: [c],
    obstacle: a === '' ? null : b,
  }),
);

const runs = { numRuns: 1000, seed: 5 };
const forAll = <T>(any: fc.Arbitrary<T>, judge: (value: T) => void): void => fc.assert(fc.property(any, judge), runs);

/** Characters that do more than stand on a line, of which the text has none but its own line breaks. */
const doing = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the sequences that a style may add
const styling = /\x1b\[\d+m/g;

const sources = new Map([
  ['rosters/a.yaml', 'a: \x1b[31m\u202e\n\tb: |\r\n\u2028c\n'],
  ['rosters/\x1b[31m\n::error::x|`.yaml', '\x07\n\n\n'],
]);

describe('nothing that is shown can steer a terminal', () => {
  test('in plans for people', () => {
    forAll(plan, (any) => {
      expect(renderPlan(any, plain)).not.toMatch(doing);
      expect(renderPlan(any, styleFor(true)).replace(styling, '')).not.toMatch(doing);
    });
  });

  test('in comments, annotations, JSON', () => {
    forAll(plan, (any) => {
      for (const text of [
        renderMarkdown(any),
        renderAnnotations(any.diagnostics),
        renderNotice(any.tenant, any.host),
        renderJson(any),
      ])
        expect(text).not.toMatch(doing);
    });
  });

  test('in the status of a fleet', () => {
    forAll(fc.tuple(status, fc.constantFrom(0, 20, 80, 200)), ([any, columns]) => {
      expect(renderStatus(any, 0, columns, styleFor(true)).replace(styling, '')).not.toMatch(doing);
      expect(renderJsonLine(any)).toMatch(/^[^\n]*\n$/);
    });
  });

  test('in findings', () => {
    forAll(fc.array(finding, { maxLength: 3 }), (any) => {
      expect(renderDiagnostics(any, sources, styleFor(true)).replace(styling, '')).not.toMatch(doing);
    });
  });

  test('in a history', () => {
    forAll(fc.tuple(entry, fc.constantFrom(0, 40, 80)), ([any, columns]) => {
      expect(renderHistory([any], columns, styleFor(true)).replace(styling, '')).not.toMatch(doing);
    });
  });

  test('in the explanation of an agent', () => {
    forAll(fc.tuple(explanation, fc.constantFrom(0, 40, 80)), ([any, columns]) => {
      expect(renderExplanation(any, 0, columns, styleFor(true)).replace(styling, '')).not.toMatch(doing);
    });
  });

  test('in what a controller says of itself', () => {
    forAll(fc.tuple(controller, status, channel, fc.constantFrom(0, 80)), ([told, any, connector_status, columns]) => {
      const conditions = told.fleets.flatMap((one) => one.conditions);
      const shown = { ...any, fleets: [{ ...fleet, connector_status, conditions }] };
      expect(renderStatus(shown, 0, columns, styleFor(true)).replace(styling, '')).not.toMatch(doing);
      const running = { ...shown, controller: { state: 'running' as const, installed: true, status: told } };
      expect(renderStatus(running, 0, columns, styleFor(true)).replace(styling, '')).not.toMatch(doing);
      expect(renderReconciled([], told, columns, styleFor(true)).replace(styling, '')).not.toMatch(doing);
    });
  });

  test('in the progress of a run', () => {
    const outcome = fc.constantFrom('done', 'failed', 'blocked', 'not-run');
    forAll(fc.tuple(action, outcome, word, word), ([any, how, detail, unit]) => {
      const result = { action: any, outcome: how, detail };
      expect(renderEvent({ type: 'ended', result, ended: 1, total: 1 }, plain)).not.toMatch(doing);
      expect(
        renderOutcome(
          { results: [result], left: [any], waiting: [unit], held: [{ path: `/units/${unit}`, why: detail }] },
          plain,
        ),
      ).not.toMatch(doing);
    });
  });
});

test('JSON says the same, escaped or not', () => {
  forAll(plan, (any) => {
    expect(JSON.parse(renderJson(any))).toEqual(JSON.parse(JSON.stringify(any)));
    expect(JSON.parse(renderJsonLine(any))).toEqual(JSON.parse(JSON.stringify(any)));
  });
});

describe('nothing can break out of where it stands', () => {
  test('a workflow command: one line for each finding, its properties as they were', () => {
    const command = /^::(?:error|warning|notice) ((?:[a-z]+=[^,:]*)(?:,[a-z]+=[^,:]*)*)::(.*)$/;
    forAll(fc.array(finding.map(planDiagnostic), { minLength: 1, maxLength: 3 }), (any) => {
      const lines = renderAnnotations(any).split('\n');
      expect(lines.pop()).toBe('');
      expect(lines.length).toBe(any.length);
      for (const [index, line] of lines.entries()) {
        const [, properties = '', message = ''] = command.exec(line) ?? [];
        const { file, code } = any[index] as PlanDiagnostic;
        const keys = properties.split(',').map((property) => property.split('=')[0]);
        expect(keys).toEqual(file === undefined ? ['title'] : ['file', 'line', 'col', 'title']);
        expect(properties).toContain(`title=${code.replace(':', '%3A')}`);
        expect(message).not.toMatch(/%(?!25|0A)/);
      }
    });
  });

  test('a notice: one line', () => {
    forAll(fc.tuple(word, word), ([title, text]) => {
      expect(renderNotice(title, text)).toMatch(/^::notice title=[^,:\n]*::[^\n]*\n$/);
    });
  });

  test('a table: every row has its six cells, every action its row', () => {
    forAll(plan, (any) => {
      const rows = renderMarkdown(any)
        .split('\n')
        .filter((line) => line.startsWith('|'));
      expect(rows.length).toBe(any.actions.length === 0 ? 0 : any.actions.length + 2);
      for (const row of rows) expect(row.split('|').length).toBe(8);
    });
  });

  test('a comment: no markup, no mention, but its own', () => {
    forAll(plan, (any) => {
      const text = renderMarkdown(any).replace(/`[^`\n]*`/g, '');
      expect(text.match(/<[^>]*>/g) ?? []).toEqual(
        any.actions.length === 0 ? [] : ['<details>', '<summary>', '</summary>', '</details>'],
      );
      expect(text).not.toMatch(/[@[\]~`]/);
    });
  });
});
