import { expect, test } from 'vitest';
import { type ConnectorHealthTold, renderConnectorHealth } from '../../src/views/connector-health.ts';
import { plain } from '../../src/views/style.ts';

const at = '2026-01-02T03:04:05.000Z';
const told: ConnectorHealthTold = {
  format_version: '1.0',
  fleet: 'coding',
  kind: 'matrix',
  state: 'healthy',
  healthy: true,
  at,
  report: {
    at,
    healthy: true,
    problems: [],
    connector: { phase: 'live', lastContact: at, lastInbound: null },
    inbound: { waiting: 2 },
    outbound: { waiting: 1 },
  },
};
const shown = (over: Partial<ConnectorHealthTold>): string =>
  renderConnectorHealth({ ...told, ...over }, Date.parse(at) + 60_000, plain);

test('one that is well tells when it last heard anything, and what waits', () => {
  expect(shown({})).toBe(
    [
      '✓ coding over matrix: messages get through',
      '  live · last word of the server 1m ago · no message since its start',
      '  waiting: 2 for the orchestrator, 1 to be said',
      '',
    ].join('\n'),
  );
});

test('one that is silent hangs, perhaps: what becomes of that is told, and what to do', () => {
  expect(shown({ state: 'silent', healthy: false, report: null })).toBe(
    [
      `✗ coding over matrix: its connector has told nothing since ${at}`,
      '  Where it hangs systemd ends it within a minute, and begins it anew. Nothing is lost.',
      '  help: systemctl --user restart mosaic-connector@coding; journalctl --user -u mosaic-connector@coding',
      '',
    ].join('\n'),
  );
});

test('a problem comes with what to do about it, and nothing in it steers a terminal', () => {
  const problem = { reason: 'unreachable', blocking: true, detail: 'no \u001b[31mroute', remedy: 'look whether it runs' };
  const report = told.report === null ? null : { ...told.report, healthy: false, problems: [problem] };
  const lines = shown({ state: 'unwell', healthy: false, report }).split('\n');
  expect(lines.slice(0, 3)).toEqual([
    '✗ coding over matrix: messages do not get through',
    expect.stringMatching(/^ {2}✗ unreachable: no .*route$/),
    '    help: look whether it runs',
  ]);
  expect(lines.join('')).not.toContain('\u001b');
});
