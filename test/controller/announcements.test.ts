import { describe, expect, test } from 'vitest';
import { announcementsOf, floorGraceMs, type Hearing } from '../../src/controller/announcements.ts';
import type { ControllerStatus } from '../../src/model/controller.ts';

const revision = 'a'.repeat(40);
const good = 'b'.repeat(40);
const at = '2026-01-02T10:00:00.000Z';
const now = Date.parse(at);

const status = (over: Partial<ControllerStatus> = {}): ControllerStatus => ({
  format_version: '1.0',
  host: 'here',
  tenant: 'jason',
  pid: 1,
  started: at,
  binding: null,
  attempted: { revision: good, outcome: 'admitted', diagnostics: [], at },
  applied: good,
  good,
  quarantined: null,
  fleets: [{ name: 'coding', conditions: [] }],
  back_offs: [],
  suspensions: [],
  left: [],
  drift: [],
  obstacle: null,
  passes: 1,
  last_pass: null,
  ...over,
});

const floor = (held: 'True' | 'False', since: string): ControllerStatus =>
  status({
    fleets: [
      {
        name: 'coding',
        conditions: [
          { type: 'FloorHeld', status: held, reason: 'NotLive', message: 'boss is not live', since, observed_revision: good },
        ],
      },
    ],
  });

const hear = (over: Partial<Hearing> = {}): Hearing => ({ now, fleetOf: () => 'coding', floors: new Map(), ...over });
const told = (given: ControllerStatus, over: Partial<Hearing> = {}) => announcementsOf(given, hear(over));

describe('operators are told', () => {
  test('nothing while all is well', () => {
    expect(told(status())).toEqual([]);
  });

  test('of a revision that is denied, and what stays in force', () => {
    const diagnostics = [
      { severity: 'notice', code: 'x', summary: 'a notice' },
      { severity: 'error', code: 'x', summary: 'there is no orchestrator', file: 'rosters/coding.yaml', line: 7 },
      { severity: 'error', code: 'x', summary: 'another' },
    ] as const;
    expect(told(status({ attempted: { revision, outcome: 'denied', diagnostics, at } }))).toEqual([
      {
        key: `denied:${revision}`,
        fleet: null,
        text: 'Revision aaaaaaaaaaaa is **denied**: there is no orchestrator (rosters/coding.yaml:7), and 1 more. In force stays bbbbbbbbbbbb. On the host: `muster validate`',
      },
    ]);
  });

  test('of a return to the last good revision', () => {
    const [one, ...others] = told(status({ quarantined: { revision, why: 'boss did not live', at } }));
    expect(others).toEqual([]);
    expect(one?.text).toBe(
      'Revision aaaaaaaaaaaa is **quarantined**: boss did not live. The last good one, bbbbbbbbbbbb, is in force again. It is not tried again until the branch names another one.',
    );
  });

  test('of a floor that does not hold, once that has lasted', () => {
    const broken = floor('False', at);
    expect(told(broken, { now: now + floorGraceMs - 1 })).toEqual([]);
    expect(told(broken, { now: now + floorGraceMs })).toEqual([
      expect.objectContaining({ fleet: 'coding', key: `floor:coding:${at}`, text: expect.stringContaining('boss is not live') }),
    ]);
  });

  test('that it holds again, where they were told that it does not', () => {
    const mended = floor('True', '2026-01-02T10:01:00.000Z');
    expect(told(mended)).toEqual([]);
    expect(told(mended, { floors: new Map([['coding', `floor:coding:${at}`]]) })).toEqual([
      { key: `floor:coding:${at}:over`, fleet: 'coding', text: 'The floor of coding holds again.' },
    ]);
  });

  test('of an agent that keeps failing, at most once a day', () => {
    const failing = (failures: number) =>
      status({
        back_offs: [
          { resource: 'mosaic-agent@coder0.service', failures, why: 'exit status 7', until: null, quarantined: true },
          { resource: 'mosaic-agent@coder1.service', failures: 2, why: 'exit status 1', until: null, quarantined: false },
        ],
      });
    const [first, ...others] = told(failing(6));
    expect(others).toEqual([]);
    expect(first).toMatchObject({ fleet: 'coding', text: expect.stringContaining('Agent coder0 keeps failing') });
    expect(told(failing(9))[0]?.key).toBe(first?.key);
    expect(told(failing(9), { now: now + 24 * 3_600_000 })[0]?.key).not.toBe(first?.key);
  });

  test('the same of the same thing after a restart', () => {
    const before = status({ quarantined: { revision, why: 'x', at } });
    expect(told({ ...before, pid: 2, started: '2026-01-03T00:00:00.000Z', passes: 9 }).map(({ key }) => key)).toEqual(
      told(before).map(({ key }) => key),
    );
  });

  test('nothing that steers a terminal', () => {
    const text = told(status({ quarantined: { revision, why: '\u001b[31m\u202e', at } }))[0]?.text ?? '';
    expect(text).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });
});
