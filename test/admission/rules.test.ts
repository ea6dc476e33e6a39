import { describe, expect, test } from 'vitest';
import { fleet, judge, said } from './judge.ts';
import { local, roomy } from './terms.ts';

describe('rules over the rosters of a host and tenant', () => {
  test.each([
    [
      'an agent name twice in one roster',
      { a: fleet('a', '', '  - { name: x }\n  - { name: x }') },
      ['names/unique a:8 agent name x is used twice'],
    ],
    [
      'an agent name in two rosters',
      { a: fleet('a', '', '  - { name: x }'), b: fleet('b', '', '  - { name: x }') },
      ['names/unique b:7 agent name x is used twice'],
    ],
    [
      'a fleet name twice',
      { a: fleet('a', 'fleet: f'), b: fleet('b', 'fleet: f') },
      ['names/unique b:2 fleet name f is used twice'],
    ],
    ['the same names on other hosts', { a: fleet('a', 'fleet: f\nhost: x'), b: fleet('a', 'fleet: f\nhost: w-jarvis') }, []],
    ['the same names of other tenants', { a: fleet('a', 'fleet: f\ntenant: x'), b: fleet('a', 'fleet: f') }, []],
    [
      'another socket and holder',
      { a: fleet('a'), b: fleet('b', 'tmux: { socket_name: s, holder_session: h }') },
      [
        'tmux/one-socket b:2 socket_name is s here and mosaic in rosters/a.yaml',
        'tmux/one-socket b:2 holder_session is h here and _holder in rosters/a.yaml',
      ],
    ],
    ['the default socket, written out', { a: fleet('a'), b: fleet('b', 'tmux: { socket_name: mosaic }') }, []],
    [
      'an unknown runtime',
      { a: fleet('a', '', '  - { name: x, runtime: cluade }') },
      ['runtime/known a:7 agent x asks for the runtime cluade, which nobody declares'],
    ],
    ['a declared runtime', { a: fleet('a', 'runtimes: { mine: { command: x } }', '  - { name: x, runtime: mine }') }, []],
    [
      'an unknown class',
      { a: fleet('a', '', '  - { name: x, class: painter }') },
      ['class/known a:7 agent x is of class painter, which has no role document'],
    ],
    [
      'a class by the name of its document',
      { a: fleet('a', '', '  - { name: x, class: coder }\n  - { name: y, class: implementer }') },
      [],
    ],
  ])('%s', (_what, texts, findings) => {
    expect(said(judge(texts))).toEqual(findings);
  });

  test('unknown names are told the nearest known one', () => {
    const { diagnostics } = judge({ a: fleet('a', '', '  - { name: x, runtime: cluade, class: implementor }') });
    expect(diagnostics.map((finding) => finding.hint)).toEqual(['did you mean `claude`?', 'did you mean `implementer`?']);
  });
});

const irc = (room: string, operators = '"1"'): string =>
  `connector: { kind: irc, operators: [${operators}], irc: { room: "${room}" } }`;

describe('connectors', () => {
  test.each([
    ['tmux, written out', fleet('a', 'connector: { kind: tmux }'), []],
    ['a room on one host', fleet('a', `host: w-jarvis\n${irc('7')}`), []],
    [
      'without its block',
      fleet('a', 'host: w-jarvis\nconnector: { kind: irc, operators: ["1"] }'),
      ['connector/shape a:3 the irc connector has no room'],
    ],
    ['a room by its name', fleet('a', `host: w-jarvis\n${irc('the room')}`), ['connector/shape a:3 room: that is no room']],
    [
      'a setting with a password in it',
      fleet('a', `host: w-jarvis\n${irc('https://u:passw0rd@x.org')}`),
      ['connector/shape a:3 room: that is no room', 'secrets/literal a:3 this looks like a URL with a password in it'],
    ],
    [
      'a channel id that is a number',
      fleet(
        'a',
        'host: w-jarvis\nconnector: { kind: discord, operators: ["123456789012345678"], discord: { channel_id: 123456789012345678 } }',
      ),
      ['roster/type a:3 channel_id: expected text, found the number 123456789012345678'],
    ],
    [
      'nobody may speak',
      fleet('a', `host: w-jarvis\n${irc('7', '')}`),
      ['notice connector/operators a:3 nobody may speak to fleet a: its list of operators is empty'],
    ],
    [
      'an operator by a name that can change hands',
      fleet('a', `host: w-jarvis\n${irc('7', '"1", jason')}`),
      ['connector/operators a:3 operators: jason may change hands'],
    ],
    ['a room on any host', fleet('a', irc('7')), ['notice connector/one-host a:2 fleet a has a irc connector and names no host']],
    [
      'a room on two hosts',
      fleet('a', `host: [w-jarvis, b]\n${irc('7')}`),
      ['connector/one-host a:2 fleet a has a irc connector and names several hosts'],
    ],
    [
      'a room on a glob',
      fleet('a', `host: "w-*"\n${irc('7')}`),
      ['connector/one-host a:2 fleet a has a irc connector and names several hosts'],
    ],
    [
      'a kind that nobody serves',
      fleet('a', 'connector: { kind: tmx }'),
      ['connector/unavailable a:2 connectors of kind tmx cannot be served by this version'],
    ],
    [
      'such a kind with a block of its own',
      fleet('a', 'connector: { kind: slack, slack: { x: y } }'),
      ['connector/unavailable a:2 connectors of kind slack cannot be served by this version'],
    ],
    [
      'nobody to talk to',
      'version: 1\nprofile: minimal\nconnector: { kind: tmux }\nagents: []',
      [
        'notice floor/waived a:2 fleet a runs without the floor',
        'connector/shape a:3 fleet a declares a connector but has no orchestrator',
      ],
    ],
  ])('%s', (_what, text, findings) => {
    expect(said(judge({ a: text }))).toEqual(findings);
  });

  test('a kind is denied until somebody serves it', () => {
    const text = fleet('a', `host: w-jarvis\n${irc('7')}`);
    const { diagnostics, ...admission } = judge({ a: text }, { connectors: [local] });
    expect(said({ diagnostics, ...admission })).toEqual([
      'connector/unavailable a:3 connectors of kind irc cannot be served by this version',
    ]);
    expect(diagnostics[0]?.detail).toBe('served: tmux');
  });

  test('two fleets never share a room, wherever they run', () => {
    const texts = { a: fleet('a', `host: x\n${irc('7')}`), b: fleet('b', `host: y\n${irc('7')}`), c: fleet('c') };
    expect(said(judge(texts))).toEqual(['connector/shared b:3 fleets a and b share one room']);
  });

  test('rooms of the same number on two kinds are two rooms', () => {
    const other = irc('7').replaceAll('irc', 'xmpp');
    const texts = { a: fleet('a', `host: x\n${irc('7')}`), b: fleet('b', `host: y\n${other}`), c: fleet('c') };
    expect(said(judge(texts, { connectors: [local, roomy('irc'), roomy('xmpp')] }))).toEqual([]);
  });
});

test('a credential anywhere denies the revision, on hosts that the roster does not select too, and is never repeated', () => {
  const secret = `ghp_${'a1'.repeat(18)}`;
  const admission = judge({
    a: fleet('a'),
    b: fleet('b', `host: elsewhere\nruntimes: { x: { command: x, env: { T: ${secret} } } }`),
  });
  expect(said(admission)).toEqual(['secrets/literal b:3 this looks like a GitHub token']);
  expect(JSON.stringify(admission)).not.toContain(secret);
});
