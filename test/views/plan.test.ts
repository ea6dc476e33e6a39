import { describe, expect, test } from 'vitest';
import { reasons, verbs } from '../../src/model/plan.ts';
import { renderAnnotations, renderNotice } from '../../src/views/github.ts';
import { renderJson } from '../../src/views/json.ts';
import { renderMarkdown } from '../../src/views/plan-markdown.ts';
import { renderPlan, summaryLine } from '../../src/views/plan-text.ts';
import { plain, styleFor } from '../../src/views/style.ts';
import { expectGolden } from './golden.ts';
import { planOf, plans, step } from './plans.ts';

const rows = Object.entries(plans);

test.each(rows)('plan %s, as text', (name, plan) => expectGolden(renderPlan(plan, plain), `plan-${name}`));

test.each(rows)('plan %s, as text in colours', (name, plan) =>
  expectGolden(renderPlan(plan, styleFor(true)), `plan-${name}-coloured`),
);

test.each(rows)('plan %s, as a comment', (name, plan) => expectGolden(renderMarkdown(plan), `plan-${name}-markdown`));

test.each(rows)('plan %s, as workflow commands', (name, plan) =>
  expectGolden(
    renderAnnotations(plan.diagnostics) + renderNotice('muster plan', summaryLine(plan, plain)),
    `plan-${name}-github`,
  ),
);

test.each(rows)('plan %s, as JSON, is the plan', (_, plan) => {
  const text = renderJson(plan);
  expect(JSON.parse(text)).toEqual(plan);
  expect(text.endsWith('}\n')).toBe(true);
});

test('colours are all that colours add', () => {
  for (const [, plan] of rows) {
    const coloured = renderPlan(plan, styleFor(true));
    expect(coloured).toContain('\x1b[');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it is the escape sequences that are taken away
    expect(coloured.replace(/\x1b\[\d+m/g, '')).toBe(renderPlan(plan, plain));
  }
});

describe('a plan for people', () => {
  test.each(verbs)('has a sign for %s', (verb) => {
    expect(renderPlan(planOf([step(verb, 'coder0')]), plain)).toMatch(/^ {2}[-+~] agent coder0 /m);
  });

  test.each(reasons)('says %s in words', (reason) => {
    const [line = ''] = renderPlan(planOf([step('start', 'coder0', reason)]), plain).match(/^ {2}. agent coder0 .*$/m) ?? [];
    expect(line.replace(/^ {2}. agent coder0 {2}start {2}/, '')).toMatch(/^[a-z ]{6,}$/);
  });

  test.each([
    ['host', 'this host is as its rosters say'],
    ['snapshot', 'the host of the snapshot is as its rosters say'],
    ['e69de29bb2d1d6434b8b29ae775ad8c2e48c5391', 'a host at the base is as its rosters say'],
  ])('that compares with %s says of whom it speaks', (against, words) => {
    expect(summaryLine(planOf([], { against }), plain)).toBe(`Nothing to do: ${words}.`);
  });

  test('counts agents that end, not the actions that end them', () => {
    const both = [
      step('stop', 'a', 'config-changed', { disruptive: true }),
      step('restart', 'a', 'config-changed', { disruptive: true }),
    ];
    expect(summaryLine(planOf(both), plain)).toContain('; 1 running agent ends.');
    expect(summaryLine(planOf([...both, step('stop', 'b', 'not-rostered', { disruptive: true })]), plain)).toContain(
      '2 running agents end.',
    );
    expect(summaryLine(planOf([step('start', 'c')]), plain)).toBe('1 to start; no running agent ends.');
  });

  test('that is one reload says so', () => {
    const only = step('reload', null, 'enablement-changed', { kind: 'manager', unit: null });
    expect(summaryLine(planOf([only]), plain)).toBe('1 to reload; no running agent ends.');
  });

  test('with errors says that they come first', () => {
    const diagnostics = [{ severity: 'error', code: 'unit/foreign', summary: 'not ours' }] as const;
    expect(summaryLine(planOf([step('start', 'c')], { diagnostics }), plain)).toMatch(/Settle the errors first/);
    expect(summaryLine(planOf([step('start', 'c')]), plain)).not.toMatch(/errors/);
  });
});
