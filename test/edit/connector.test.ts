import { describe, expect, test } from 'vitest';
import type { ConnectorChange } from '../../src/edit/change.ts';
import { editRoster } from '../../src/edit/edit.ts';
import { EditRefused } from '../../src/edit/refused.ts';

const jason = ['@jason:example.org'];
const room = { room_id: '!abc:example.org' };

const edited = (text: string, kind: string, operators: ConnectorChange['operators'], settings: ConnectorChange['settings']) =>
  editRoster(text, { kind: 'connector', connector: { kind, operators, settings } });

describe('a connector is written into a roster:', () => {
  test.each<
    [story: string, before: string, change: [string, ConnectorChange['operators'], ConnectorChange['settings']], after: string]
  >([
    [
      'before the agents, a blank line apart where the others are',
      'version: 1\n\ndefaults: { runtime: pi } # all\n\nagents: []\n',
      ['matrix', jason, { ...room, user_id: '@mos:example.org' }],
      'version: 1\n\ndefaults: { runtime: pi } # all\n\nconnector:\n  kind: matrix\n  operators: ["@jason:example.org"]\n  matrix:\n    room_id: "!abc:example.org"\n    user_id: "@mos:example.org"\n\nagents: []\n',
    ],
    [
      'close together where they are',
      'version: 1\nagents: []\n',
      ['tmux', null, {}],
      'version: 1\nconnector:\n  kind: tmux\nagents: []\n',
    ],
    [
      'in braces where everything is',
      '{"version": 1, "agents": []}',
      ['matrix', jason, room],
      '{"version": 1, "connector": {"kind": "matrix", "operators": ["@jason:example.org"], "matrix": {"room_id": "!abc:example.org"}}, "agents": []}',
    ],
    [
      'one key is set where it stands, and the comments with it',
      'connector:\n  kind: matrix # why\n  operators: [ "@jason:example.org" ] # who\n  matrix:\n    room_id: "!old:x" # where\nagents: []\n',
      ['matrix', null, room],
      'connector:\n  kind: matrix # why\n  operators: [ "@jason:example.org" ] # who\n  matrix:\n    room_id: "!abc:example.org" # where\nagents: []\n',
    ],
    [
      'who is named still keeps what is said beside him',
      'connector:\n  kind: matrix\n  operators:\n    - "@anne:x" # Anne\n    - "@jason:example.org" # Jason\nagents: []\n',
      ['matrix', [...jason, '@carl:x'], {}],
      'connector:\n  kind: matrix\n  operators:\n    - "@jason:example.org" # Jason\n    - "@carl:x"\nagents: []\n',
    ],
    [
      'with another kind, operators and settings of the former one go',
      'connector:\n  kind: matrix # chat\n  operators: ["@jason:example.org"]\n  matrix: { room_id: "!abc:x" }\nagents: []\n',
      ['discord', ['123456789012345678'], { channel_id: '123456789012345679' }],
      'connector:\n  kind: discord # chat\n  operators: ["123456789012345678"]\n  discord:\n    channel_id: "123456789012345679"\nagents: []\n',
    ],
    [
      'the last setting takes its block along',
      'connector:\n  kind: tmux\n  tmux:\n    colour: red\nagents: []\n',
      ['tmux', null, { colour: null }],
      'connector:\n  kind: tmux\nagents: []\n',
    ],
    [
      'nothing is nothing',
      'connector: { kind: tmux }\nagents: []\n',
      ['tmux', null, {}],
      'connector: { kind: tmux }\nagents: []\n',
    ],
  ])('%s', (_story, before, change, after) => {
    expect(edited(before, ...change)).toBe(after);
  });

  test('what is repeated from elsewhere is not touched', () => {
    const text = 'connector: &chat { kind: matrix }\nx: *chat\nagents: []\n';
    expect(() => edited(text, 'tmux', null, {})).toThrow(EditRefused);
  });
});
