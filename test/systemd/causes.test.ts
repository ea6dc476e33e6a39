import { describe, expect, test } from 'vitest';
import type { ObservedUnit, UnitDetail } from '../../src/model/observation.ts';
import { sightingOf } from '../../src/systemd/causes.ts';

const unit = (active: string, more: Partial<ObservedUnit> = {}): ObservedUnit => ({
  load: 'loaded',
  active,
  sub: '',
  enablement: 'enabled',
  invocation: '',
  ...more,
});
const detail = (more: Partial<UnitDetail> = {}): UnitDetail => ({ since: 1_700_000_000_000_000, restarts: 0, ...more });
const exited = (status: number, result = 'exit-code') => detail({ result, exit: { how: 'exited', status } });
const killed = (status: number, result = 'signal') => detail({ result, exit: { how: 'killed', status } });

describe('nothing is wrong with', () => {
  const rows: readonly (readonly [string, ObservedUnit, UnitDetail, boolean])[] = [
    ['a live agent', unit('active'), detail(), true],
    ['one that is starting', unit('activating', { sub: 'start' }), detail(), false],
    ['one that is stopping', unit('deactivating'), detail(), false],
    ['a live one while its unit is read anew', unit('reloading'), detail(), true],
  ];
  test.each(rows)('%s', (_what, unit, detail, session) => {
    expect(sightingOf({ unit, detail, session })).toBeNull();
  });
});

describe('a failed unit tells by itself', () => {
  const rows: readonly (readonly [string, UnitDetail | undefined, string, string])[] = [
    ['its program ended', exited(7), 'crashed', 'exit status 7'],
    ['its program ended well, and was to live', exited(0, 'protocol'), 'crashed', 'exit status 0'],
    ['its configuration is wrong', exited(78), 'misconfigured', 'exit status 78'],
    [
      'its working directory is not there',
      exited(66),
      'crashed',
      'exit status 66: as when its working directory cannot be entered',
    ],
    ['its pane was killed', exited(70), 'session-ended', 'exit status 70'],
    ['systemd gave up on it, its pane having been killed', exited(70, 'start-limit-hit'), 'session-ended', 'exit status 70'],
    ['its program was killed', exited(137), 'killed', 'exit status 137: signal 9 (KILL)'],
    ['its program was terminated', exited(143), 'killed', 'exit status 143: signal 15 (TERM)'],
    ['its program broke', exited(139), 'crashed', 'exit status 139: signal 11 (SEGV)'],
    ['its program gave up', exited(134), 'crashed', 'exit status 134: signal 6 (ABRT)'],
    ['an exit status that no signal has', exited(255), 'crashed', 'exit status 255'],
    ['the supervisor was killed', killed(9), 'killed', 'signal 9 (KILL)'],
    [
      'the supervisor broke',
      detail({ result: 'core-dump', exit: { how: 'dumped', status: 11 } }),
      'crashed',
      'signal 11 (SEGV), core dumped',
    ],
    ['the memory ran out', killed(15, 'oom-kill'), 'out-of-memory', ''],
    ['it took too long to stop', killed(9, 'timeout'), 'timed-out', 'signal 9 (KILL)'],
    ['it took too long to start, before anything ran', detail({ result: 'timeout' }), 'timed-out', 'timeout'],
    ['a file was missing', detail({ result: 'resources' }), 'not-started', 'resources'],
    ['it ran again by the time that systemd was asked how', detail({ result: 'success' }), 'ended', ''],
    ['nobody knows', undefined, 'crashed', ''],
  ];
  test.each(rows)('%s', (_what, detail, cause, words) => {
    expect(sightingOf({ unit: unit('failed'), detail, session: false })).toEqual({ cause, detail: words });
    const between = unit('activating', { sub: 'auto-restart' });
    expect(sightingOf({ unit: between, detail, session: false })).toEqual({ cause, detail: words });
  });
});

describe('a unit at rest', () => {
  const rows: readonly (readonly [string, ObservedUnit | undefined, UnitDetail | undefined, boolean, string, string])[] = [
    ['was stopped', unit('inactive'), killed(15, 'success'), false, 'stopped-by-hand', ''],
    ['was stopped when its program ended', unit('inactive'), exited(0, 'success'), false, 'stopped-by-hand', 'exit status 0'],
    [
      'was stopped and disabled',
      unit('inactive', { enablement: 'disabled' }),
      killed(15, 'success'),
      false,
      'stopped-by-hand',
      'disabled, too',
    ],
    ['was stopped and forgotten by systemd', unit('inactive', { load: 'unloaded' }), undefined, true, 'stopped-by-hand', ''],
    ['was stopped, disabled and forgotten', undefined, undefined, true, 'stopped-by-hand', ''],
    ['was never there', undefined, undefined, false, 'not-started', ''],
    ['never ran', unit('inactive', { load: 'unloaded' }), undefined, false, 'not-started', ''],
    ['never ran since the manager came up', unit('inactive'), detail({ since: 0, result: 'success' }), false, 'not-started', ''],
    ['failed, and that was reset', unit('inactive'), exited(7), false, 'crashed', 'exit status 7'],
    [
      'was masked',
      unit('inactive', { load: 'masked', enablement: 'masked' }),
      killed(15, 'success'),
      true,
      'masked-by-hand',
      'masked',
    ],
    [
      'was masked for this boot',
      unit('inactive', { enablement: 'masked-runtime' }),
      undefined,
      false,
      'masked-by-hand',
      'masked-runtime',
    ],
  ];
  test.each(rows)('%s', (_what, unit, detail, ran, cause, words) => {
    expect(sightingOf({ unit, detail, session: false, ran })).toEqual({ cause, detail: words });
  });
});

describe('an active unit', () => {
  const rows: readonly (readonly [string, Partial<ObservedUnit>, boolean, string, string])[] = [
    ['has no session', {}, false, 'session-ended', 'its unit is active'],
    ['was disabled', { enablement: 'disabled' }, true, 'disabled-by-hand', 'disabled'],
    ['was enabled for this boot only', { enablement: 'enabled-runtime' }, true, 'disabled-by-hand', 'enabled-runtime'],
    ['was masked while it ran', { enablement: 'masked' }, true, 'masked-by-hand', 'masked'],
  ];
  test.each(rows)('%s', (_what, more, session, cause, words) => {
    expect(sightingOf({ unit: unit('active', more), detail: detail(), session })).toEqual({ cause, detail: words });
  });
});
