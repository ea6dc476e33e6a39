import { describe, expect, test } from 'vitest';
import { type ControllerFacts, controller } from '../../src/doctor/controller.ts';
import type { ControllerStatus } from '../../src/model/controller.ts';
import type { CheckState } from '../../src/model/doctor.ts';

const now = Date.parse('2026-11-23T09:00:10Z');

const status: ControllerStatus = {
  format_version: '1.0',
  host: 'w-jarvis',
  tenant: 'jason',
  pid: 4711,
  started: '2026-11-23T08:00:00Z',
  binding: null,
  attempted: null,
  applied: 'd57dedd88ae2d57dedd88ae2d57dedd88ae2d57d',
  good: null,
  quarantined: null,
  fleets: [],
  back_offs: [],
  suspensions: [],
  left: [],
  drift: [],
  obstacle: null,
  passes: 3,
  last_pass: { at: '2026-11-23T09:00:00Z', took_ms: 12 },
};
const unit = { load: 'loaded', active: 'active', enabled: true, outdated: false, ending: '' };
const running: ControllerFacts = {
  controller: { state: 'running', installed: true, status },
  unit,
  holder: 'process 4711 (muster run)',
  inForce: true,
  now,
};
const says = (more: Partial<ControllerStatus>): ControllerFacts => ({
  ...running,
  controller: { state: 'running', installed: true, status: { ...status, ...more } },
});
const stopped = (ending: string): ControllerFacts => ({
  ...running,
  controller: { state: 'stopped', installed: true, status: null },
  unit: { ...unit, active: 'failed', ending },
  holder: null,
});
const none: ControllerFacts = {
  ...running,
  controller: { state: 'none', installed: false, status: null },
  unit: null,
  holder: null,
};

const denial = { severity: 'error', code: 'floor/enhancer', summary: 'fleet coding has no enhancer' } as const;

describe('controller', () => {
  test.each<readonly [string, ControllerFacts, readonly CheckState[], RegExp]>([
    ['runs', running, ['ok'], /process 4711\), looked 10 s ago, revision d57dedd88ae2/],
    [
      'runs an older program',
      { ...running, unit: { ...unit, outdated: true } },
      ['warning'],
      /older program[\s\S]*muster install/,
    ],
    ['has not looked for hours', { ...running, now: now + 2 * 3600_000 }, ['warning'], /120 minutes ago/],
    [
      'does not answer',
      { ...running, controller: { ...running.controller, state: 'unresponsive' } },
      ['failing'],
      /restart mosaic-controller/,
    ],
    ['is down', stopped('exit status 1'), ['failing'], /exit status 1[\s\S]*"verb":"start"/],
    ['is down because its configuration is wrong', stopped('exit status 78'), ['failing'], /^(?![\s\S]*"verb")[\s\S]*journalctl/],
    [
      'is down, and was disabled by somebody',
      { ...stopped(''), unit: { ...unit, enabled: false } },
      ['failing'],
      /^(?![\s\S]*"verb")/,
    ],
    ['is masked', { ...stopped(''), unit: { ...unit, load: 'masked' } }, ['warning'], /unmask/],
    ['is not there, with a fleet', none, ['warning'], /muster install/],
    ['is not there, without one', { ...none, inForce: false }, ['ok'], /once there is a fleet/],
    ['cannot do anything', says({ obstacle: 'the bus is away' }), ['ok', 'failing'], /the bus is away/],
    [
      'denied what its branch names',
      says({ attempted: { revision: 'abc', outcome: 'denied', diagnostics: [denial], at: '' } }),
      ['ok', 'warning'],
      /abc is denied: fleet coding has no enhancer \(floor\/enhancer\)/,
    ],
    [
      'undid a revision',
      says({ quarantined: { revision: 'abc', why: 'the floor broke', at: '' } }),
      ['ok', 'warning'],
      /abc was undone: the floor broke/,
    ],
    [
      'gave an agent up',
      says({
        back_offs: [{ resource: 'mosaic-agent@coder0.service', failures: 9, why: 'it ends', until: null, quarantined: true }],
      }),
      ['ok', 'failing'],
      /given up: it ends[\s\S]*muster explain coder0/,
    ],
    [
      'waits with an agent, which is its business',
      says({ back_offs: [{ resource: 'x', failures: 1, why: 'it ends', until: null, quarantined: false }] }),
      ['ok'],
      /./,
    ],
    ['is not there, and somebody applies', { ...none, holder: 'process 7 (muster apply)' }, ['warning', 'warning'], /process 7/],
  ])('%s', (_, facts, states, words) => {
    const findings = controller.judge(facts);
    expect(findings.map(({ state }) => state)).toEqual(states);
    expect(JSON.stringify(findings)).toMatch(words);
  });
});
