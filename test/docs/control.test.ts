import { describe, expect, test } from 'vitest';
import { Problem } from '../../src/control/problem.ts';
import { type ControlErrorCode, largestBody, paths, patience } from '../../src/control/protocol.ts';
import { renderMetrics } from '../../src/metrics/metrics.ts';
import { at, controllerStatus, fakeControl, revision } from '../control/fake-control.ts';
import { condition } from '../views/told.ts';
import { codeWords, page, rowsBelow } from './page.ts';

const control = page('docs/control.md');
const [routes, errors] = [
  rowsBelow(control, 'The socket').filter(([first]) => /^`(GET|POST) /.test(first ?? '')),
  rowsBelow(control, 'The socket').filter(([, second]) => /^\d+$/.test(second ?? '')),
];

describe('docs/control.md', () => {
  test('tells every route', () => {
    expect(routes.map(([first]) => first?.replace(/`|GET |POST /g, ''))).toEqual(Object.values(paths));
  });

  test('tells every code with its status', () => {
    expect(errors.length).toBe(9);
    for (const [code = '', status] of errors) {
      expect(new Problem(code.replaceAll('`', '') as ControlErrorCode, '', '').status).toBe(Number(status));
    }
  });

  test('tells limits as they are', () => {
    expect(control.text).toContain(`at most ${largestBody / 1024} KiB`);
    expect(control.text).toContain(`${patience[paths.reconcile] / 60_000} minutes for a reconcile`);
  });

  test('tells every series with its type and labels', () => {
    const status = controllerStatus({
      fleets: [{ name: 'coding', conditions: [condition('FloorHeld', 'True', 'Stable')] }],
      back_offs: [{ resource: 'x', failures: 1, why: '', until: null, quarantined: false }],
      suspensions: [{ kind: 'agent', name: 'coder0', reason: null, since: at, until: null, by: 'jason' }],
      applied: revision,
    });
    const text = renderMetrics({ version: '1', status, stats: fakeControl().stats() });
    const types = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type = '']) => {
      const labels = new RegExp(`^${name}\\{(.*)\\} `, 'm').exec(text)?.[1];
      const keys = labels === undefined ? '' : `{${[...labels.matchAll(/(\w+)="/g)].map(([, key]) => key).join(',')}}`;
      return [`${name}${keys}`, type];
    });
    const told = rowsBelow(control, 'Metrics').map(([first, type]) => [codeWords(first ?? '')[0], type]);
    expect(told).toEqual(types);
  });
});
