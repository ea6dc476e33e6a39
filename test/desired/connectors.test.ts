import { expect, test } from 'vitest';
import { isConnectorSpec } from '../../src/model/connector-spec.ts';
import type { HostFacts } from '../../src/model/observation.ts';
import { desired, desiredFrom, fileOf, sample, usual } from './sample.ts';

const irc = (room: string): string => `host: h\nconnector:\n  kind: irc\n  operators: ["1"]\n  irc: { room: "${room}" }\n`;
const unit = 'mosaic-connector@coding.service';
const spec = 'connectors/coding.json';
const configOf = (head: string, more: Partial<HostFacts> = {}) => desired(usual, head, more).state.units[unit]?.config;

test('a fleet has a connector of its own: a unit, enabled and running, and a file that says what it is to be', () => {
  const made = desired(usual, irc('7'));
  const connector = made.connectors.get('coding');
  expect(connector).toMatchObject({ fleet: 'coding', kind: 'irc' });
  expect(made.state.units[unit]).toEqual({ enabled: true, active: true, config: connector?.config });
  const written: unknown = JSON.parse(fileOf(made, spec));
  expect(isConnectorSpec(written)).toBe(true);
  expect(written).toEqual({
    format_version: '1.0',
    fleet: 'coding',
    kind: 'irc',
    orchestrator: 'orchestrator',
    operators: ['1'],
    settings: { room: '7' },
    config: connector?.config,
  });
  expect(made.files.get(spec)?.mode).toBe(0o600);
});

test('a roster that says nothing of a connector means tmux, as one that says so', () => {
  const made = desired();
  expect(made.connectors.get('coding')?.kind).toBe('tmux');
  expect(made.state.units[unit]).toEqual(desired(usual, 'connector: { kind: tmux }').state.units[unit]);
});

test('a fleet without an orchestrator has none', () => {
  const { connectors, state } = desiredFrom(
    sample({ coding: 'version: 1\nprofile: minimal\nagents: [{ name: a, runtime: stub }]\n' }),
  );
  expect(connectors.size).toBe(0);
  expect([...Object.keys(state.units), ...Object.keys(state.files)].filter((key) => key.includes('connector'))).toEqual([]);
});

test('other settings, another kind and another unit are another configuration; other agents are not', () => {
  const digests = [irc('7'), irc('8'), irc('7').replaceAll('irc', 'xmpp'), irc('7').replace('"1"', '"2"')].map((head) =>
    configOf(head),
  );
  expect(new Set(digests).size).toBe(digests.length);
  expect(configOf(irc('7'), { mosaicHome: '/srv/mosaic' })).not.toBe(digests[0]);
  expect(desired('runtime: claude, class: implementer', irc('7')).state.units[unit]?.config).toBe(digests[0]);
});

test('the unit says where things are that are not where they usually are', () => {
  const usually = fileOf(desired(), 'units/mosaic-connector@.service');
  expect(usually).not.toMatch(/@[A-Z_]+@|MOSAIC_HOME|XDG_STATE_HOME/);
  const moved = desired(usual, '', { mosaicHome: '/srv/100% "mosaic"', stateDir: '/var/state/mosaic/0' });
  expect(fileOf(moved, 'units/mosaic-connector@.service').split('\n')).toEqual(
    expect.arrayContaining([
      'Environment="MOSAIC_HOME=/srv/100%% \\"mosaic\\""',
      'Environment="XDG_STATE_HOME=/var/state"',
      'ExecStart="/srv/100%% \\"mosaic\\"/fleet/bin/muster" connector serve %i',
    ]),
  );
});

test('systemd notices one that hangs, and neither that nor an outage ever uses up its starts', () => {
  const unit = fileOf(desired(), 'units/mosaic-connector@.service');
  const value = (name: string): string => new RegExp(`^${name}=(.*)$`, 'm').exec(unit)?.[1] ?? '';
  expect([value('Type'), value('NotifyAccess'), value('Restart'), value('StartLimitIntervalSec')]).toEqual([
    'notify',
    'all',
    'always',
    '1h',
  ]);
  const startsOfAHang = 3600 / Number.parseInt(value('WatchdogSec'), 10);
  const startsThatTakeTooLong = 3600 / Number.parseInt(value('TimeoutStartSec'), 10);
  expect(Math.max(startsOfAHang, startsThatTakeTooLong)).toBeLessThan(Number(value('StartLimitBurst')) / 2);
});
