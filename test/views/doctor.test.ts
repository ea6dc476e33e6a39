import { expect, test } from 'vitest';
import type { Check, Examination } from '../../src/model/doctor.ts';
import { renderExamination, renderFixed, renderOffer } from '../../src/views/doctor.ts';
import { renderJson } from '../../src/views/json.ts';
import { plain, styleFor } from '../../src/views/style.ts';
import { expectGolden } from './golden.ts';

const checks: readonly Check[] = [
  { id: 'node', group: 'system', state: 'ok', finding: '20.20.2' },
  { id: 'clock', group: 'system', state: 'unchecked', finding: 'not checked', detail: 'no answer in 3 s' },
  {
    id: 'linger',
    group: 'user manager',
    state: 'failing',
    finding: 'jason does not linger',
    detail: 'Agents end at the last logout, and do not come back at boot, unless somebody logs in again.',
    mend: ['sudo loginctl enable-linger jason'],
    fix: { verb: 'linger', targets: ['jason'] },
  },
  {
    id: 'runtime/claude',
    group: 'programs',
    state: 'ok',
    finding: '2.1.0 at /home/jason/.local/bin/claude, for orchestrator, enhancer',
  },
  {
    id: 'runtime/pi',
    group: 'programs',
    state: 'warning',
    finding: 'a finding that is longer than its line, so that it goes on \u001b[31m below itself',
    mend: ['a command that is longer than its line is never broken, as it is to be copied as it stands'],
  },
];

const found: Examination = {
  format_version: '1.0',
  host: 'w-jarvis',
  tenant: 'jason',
  version: '1.2.3',
  summary: { ok: 2, warning: 1, failing: 1, unchecked: 1 },
  checks,
  fixed: [],
};

test('as JSON', () => expectGolden(renderJson(found), 'commands/doctor', 'json'));

test.each([0, 80])('a terminal of %i columns', async (columns) => {
  await expectGolden(renderExamination(found, { columns, brief: false }, plain), `doctor-${columns}`);
});

test('coloured, and only what is not as it should be', async () => {
  await expectGolden(renderExamination(found, { columns: 80, brief: true }, styleFor(true)), 'doctor-brief-coloured');
});

test('a host that is well says so', () => {
  const well = { ...found, checks: checks.slice(0, 1), summary: { ok: 1, warning: 0, failing: 0, unchecked: 0 } };
  expect(renderExamination(well, { columns: 80, brief: false }, plain)).toMatch(/\n\n1 ok\.\nA fleet can run here\.\n$/);
});

test('what was not checked is not called well', () => {
  const unsure = { ...found, checks: checks.slice(0, 2), summary: { ok: 1, warning: 0, failing: 0, unchecked: 1 } };
  expect(renderExamination(unsure, { columns: 80, brief: false }, plain)).toContain(
    '1 not checked.\nNothing that was checked keeps',
  );
});

test('what is offered, and what came of it', () => {
  const chmod = { verb: 'chmod', targets: ['/a', '/b', '/c', '/d'], without: 0o55 } as const;
  expect(renderOffer([chmod, { verb: 'linger', targets: ['jason'] }])).toBe(
    '\nmuster can do:\n  take the permissions of others away from /a, /b, /c and 1 more\n  have jason linger\n',
  );
  expect(
    renderFixed({ id: 'controller', fix: { verb: 'start', targets: ['a.service'] }, outcome: 'failed', detail: 'no' }, plain),
  ).toBe('✗ start a.service: no\n');
});
