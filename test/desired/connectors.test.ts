import { expect, test } from 'vitest';
import { composeDesired } from '../../src/desired/compose.ts';
import { facts, rosterOf, sample, templates, usual } from './sample.ts';

const matrix = (room: string): string =>
  rosterOf(
    usual,
    `host: h\nconnector:\n  kind: matrix\n  operators: ["@jason:example.org"]\n  matrix: { homeserver_url: https://example.org, user_id: "@mos:example.org", room_id: "${room}" }\n`,
  );
const composed = (text: string, bridged: readonly string[]) =>
  composeDesired({ ...sample({ coding: text }), facts, templates, bridged });
const unit = 'mosaic-connector@coding.service';

test('a connector whose kind has a bridge is a unit of its own, enabled and running', () => {
  const { state, connectors } = composed(matrix('!a:example.org'), ['matrix']);
  const connector = connectors.get('coding');
  expect(connector).toMatchObject({ fleet: 'coding', kind: 'matrix' });
  expect(state.units[unit]).toEqual({ enabled: true, active: true, config: connector?.config });
});

test('other settings are another configuration', () => {
  const [one, other] = ['!a:example.org', '!b:example.org'].map(
    (room) => composed(matrix(room), ['matrix']).state.units[unit]?.config,
  );
  expect(one).not.toBe(other);
});

test('without a bridge there is no unit: with tmux the pane of the orchestrator is the channel', () => {
  expect(composed(rosterOf(usual), ['matrix']).state.units[unit]).toBeUndefined();
  expect(composed(matrix('!a:example.org'), []).connectors.size).toBe(0);
});
