import { describe, expect, test } from 'vitest';
import type { Rehearsal } from '../../src/model/rehearsal.ts';
import { renderSeeds, type ShownSeed } from '../../src/views/init.ts';
import { renderDenialMarkdown, renderPlans, renderPlansMarkdown } from '../../src/views/plan-all.ts';
import { agentKey, renderPlanAnnotations } from '../../src/views/plan-github.ts';
import { renderRehearsalEnd, renderRehearsalHead, renderRehearsalStep } from '../../src/views/rehearse.ts';
import { plain, styleFor } from '../../src/views/style.ts';
import { expectGolden } from './golden.ts';
import { plans } from './plans.ts';

const seeds: readonly ShownSeed[] = [
  { file: 'rosters/coding.yaml', what: 'roster', text: '# A fleet\nversion: 1\n\nfleet: coding\n' },
  { file: 'rosters/roles/coder.md', what: 'role', text: '# Coder\nYou write code.\n' },
  { file: '.github/workflows/muster.yaml', what: 'ci', text: 'name: rosters\n' },
];

describe('a first fleet', () => {
  test.each([
    ['brief', false],
    ['whole', true],
  ])('is shown before it is written, %s', async (name, all) => {
    await expectGolden(renderSeeds(seeds, ['README.md'], all, plain), `init-${name}`);
    await expectGolden(renderSeeds(seeds, ['README.md'], all, styleFor(true)), `init-${name}-coloured`);
  });

  test('cannot write to the terminal', () => {
    const shown = renderSeeds([{ file: 'a\x1b[2J.yaml', what: 'roster', text: 'x: "\x1b]0;title\x07"\n' }], [], true, plain);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it is these that may not be there
    expect(shown).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f]/);
  });
});

const step = { ms: 1234, actions: 3, ended: [], live: 3, problems: [], detail: '3 actions, 3 agents live; no agent ended' };
const rehearsals: readonly Rehearsal[] = [
  {
    host: 'w-jarvis',
    tenant: 'jason',
    steps: [
      { ...step, step: 'prepare', outcome: 'done', detail: 'for claude, codex', ms: 12 },
      { ...step, step: 'base', outcome: 'done' },
      {
        ...step,
        step: 'change',
        outcome: 'failed',
        problems: ['start mosaic-agent@coder0.service: exit status 66', 'coder0 \x1b[2J'],
      },
      { ...step, step: 'reboot', outcome: 'not-run', detail: '', ms: 0 },
    ],
  },
];

test.each([
  ['plain', plain],
  ['coloured', styleFor(true)],
])('a rehearsal, %s', async (name, style) => {
  const [one] = rehearsals;
  const steps = (one?.steps ?? []).map((each) => renderRehearsalStep(each, style)).join('');
  const head = renderRehearsalHead('w-jarvis', 'jason', 'b0b0b0b0b0b0', 'the working tree', style);
  await expectGolden(`${head}${steps}${renderRehearsalEnd(rehearsals, style)}`, `rehearsal-${name}`);
});

test('a rehearsal that went well, or had nothing to do', () => {
  expect(renderRehearsalEnd([], plain)).toBe('✓ Nothing to rehearse: the change touches no host.\n');
  const well = rehearsals.map((one) => ({ ...one, steps: one.steps.slice(0, 2) }));
  expect(renderRehearsalEnd(well, plain)).toBe('\n✓ The change can be carried out, and comes back after a reboot.\n');
});

describe('plans of several hosts', () => {
  const { first } = plans;
  const all = {
    touched: [plans.mixed, { ...first, host: 'gpu-1' }, { ...first, host: 'gpu-2' }],
    untouched: [{ host: 'idle', tenant: 'jason' }],
  };

  test('as text', () => expectGolden(renderPlans(all, plain), 'plans-text'));
  test('as a comment', () => expectGolden(renderPlansMarkdown(all), 'plans-markdown'));
  test('as workflow commands, with agents at their lines', async () => {
    const places = new Map([[agentKey('coding', 'coder0'), { file: 'rosters/coding.yaml', line: 12, column: 11 }]]);
    await expectGolden(renderPlanAnnotations(all.touched, plans.mixed.diagnostics, places), 'plans-github');
  });

  test('that are denied, as a comment, whose block nothing in it can end', async () => {
    const finding = {
      severity: 'error' as const,
      code: 'roster/value' as const,
      summary: 'a value\n````\n@everyone',
      place: { file: 'rosters/a.yaml', line: 1, column: 1 },
    };
    const flat = {
      severity: 'error' as const,
      code: finding.code,
      summary: finding.summary,
      file: 'rosters/a.yaml',
      line: 1,
      column: 1,
    };
    const shown = renderDenialMarkdown([flat], [finding], new Map([['rosters/a.yaml', '````\n````\n']]));
    expect(shown.match(/^````/gm)).toEqual(['````', '````']);
    expect(shown.replace(/````text[\s\S]*/, '')).not.toContain('@everyone');
    await expectGolden(shown, 'plans-denied');
  });
});
