import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { discordFactory } from '../../../src/connectors/discord/discord.ts';
import { waitToIdentify } from '../../../src/connectors/discord/identify-budget.ts';
import { check, login } from '../../../src/connectors/discord/login.ts';
import { lacking, needed, permissionsIn } from '../../../src/connectors/discord/permissions.ts';
import { isGatewayOf, tokenOf } from '../../../src/connectors/discord/settings.ts';
import { readChannel } from '../../../src/connectors/discord/shapes.ts';
import { compareIds, idAt, isSnowflake, timeOfId } from '../../../src/connectors/discord/snowflake.ts';
import type { LoginAsk } from '../../../src/model/connectors.ts';
import { Theatre } from './stage.ts';

const channel_id = '123456789012345678';

describe('the block of a roster', () => {
  test.each<[string, Record<string, unknown>, readonly string[], readonly string[]]>([
    ['just a channel', { channel_id }, [channel_id], []],
    [
      'all there is',
      { channel_id, guild_id: channel_id, api_base_url: 'https://chat.example.org/api/v10/', auto_thread: true },
      [],
      [],
    ],
    ['nothing', {}, [], ['the discord connector has no channel_id']],
    [
      'an id that is a number',
      { channel_id: 123456789012345680 },
      [],
      ['channel_id: the number 123456789012345680 is not allowed'],
    ],
    ['a name', { channel_id: '#general' }, [], ['channel_id: text "#general" is not allowed']],
    ['a guild that is a number', { channel_id, guild_id: 1 }, [], ['guild_id: the number 1 is not allowed']],
    [
      'a server without encryption',
      { channel_id, api_base_url: 'http://chat.example.org' },
      [],
      ['api_base_url: text "http://chat.example.org" is not allowed'],
    ],
    ['one on this host', { channel_id, api_base_url: 'http://127.0.0.1:8080/api' }, [], []],
    ['a slip', { channel_id, chanel_id: '1' }, [], ['the discord connector has no setting "chanel_id"']],
    ['as they are typed', { channel_id, auto_thread: 'true' }, [], []],
    ['auto_thread in words', { channel_id, auto_thread: 'yes' }, [], ['auto_thread: text "yes" is not allowed']],
    ['an operator by name', { channel_id }, ['jason'], ['operators: text "jason" is not an id that discord knows']],
  ])('%s', (_what, settings, operators, summaries) => {
    expect(discordFactory.problems({ settings, operators }).map(({ summary }) => summary)).toEqual(summaries);
  });

  test('two fleets in one channel are seen by its id; nobody is admitted who was not named', () => {
    expect(discordFactory.channel({ channel_id })).toEqual({ setting: 'channel_id', id: channel_id, noun: 'channel' });
    expect(discordFactory.operators([], 'jason')).toEqual([]);
  });
});

test.each([
  ['https://discord.com/api/v10', 'wss://gateway.discord.gg/', true],
  ['https://discord.com/api/v10', 'wss://gateway-us-east1-b.discord.gg', true],
  ['https://discord.com/api/v10', 'ws://gateway.discord.gg', false],
  ['https://discord.com/api/v10', 'wss://gateway.discord.gg.evil.test', false],
  ['https://discord.com/api/v10', 'wss://evildiscord.gg', false],
  ['https://discord.com/api/v10', 'wss://user@gateway.discord.gg', false],
  ['https://chat.example.org/api', 'wss://chat.example.org/gateway', true],
  ['https://chat.example.org/api', 'wss://gw.chat.example.org', true],
  ['https://chat.example.org/api', 'wss://gateway.discord.gg', false],
  ['http://127.0.0.1:80/api', 'ws://127.0.0.1:81', true],
  ['https://chat.example.org/api', 'no url', false],
])('of a server at %s the token goes to a gateway at %s: %s', (base, url, goes) => {
  expect(isGatewayOf(base, url)).toBe(goes);
});

test.each([
  ['', 'there is no DISCORD_BOT_TOKEN'],
  ['a b', 'does not look like'],
  ['abc\ndefghijklmnop', 'does not look like'],
])('the token %j is never sent', (given, detail) => {
  expect(tokenOf({ DISCORD_BOT_TOKEN: given })).toMatchObject({ what: 'token', detail: expect.stringContaining(detail) });
});

test('ids are compared as numbers, of whatever length, and tell their time', () => {
  fc.assert(
    fc.property(fc.bigInt(10n ** 14n, 2n ** 63n), fc.bigInt(10n ** 14n, 2n ** 63n), (a, b) => {
      expect(Math.sign(compareIds(String(a), String(b)))).toBe(Number(a > b) - Number(a < b));
      expect(timeOfId(idAt(timeOfId(String(a))))).toBe(timeOfId(String(a)));
    }),
  );
  expect([isSnowflake('123456789012345678'), isSnowflake(12345678901234567890n), isSnowflake('0123456789012345678')]).toEqual([
    true,
    false,
    false,
  ]);
});

test('whenever a session may be begun, there were fewer than 400 within a day, and none within five seconds', () => {
  const day = 24 * 60 * 60 * 1000;
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 600_000 }), { maxLength: 1500, size: 'max' }), (pauses) => {
      const times: number[] = [];
      let now = 0;
      for (const pause of pauses) {
        now += pause;
        if (waitToIdentify(times, now) > 0) continue;
        expect(now - (times.at(-1) ?? Number.NEGATIVE_INFINITY)).toBeGreaterThanOrEqual(5000);
        times.push(now);
        expect(times.filter((time) => now - time < day).length).toBeLessThanOrEqual(400);
      }
      // Who waits as long as it says may.
      expect(waitToIdentify(times, now + waitToIdentify(times, now))).toBe(0);
    }),
    { numRuns: 20 },
  );
});

test.each<[string, Record<string, unknown>[], readonly string[]]>([
  ['what everybody may', [], []],
  [
    'taken from everybody',
    [{ id: '400000000000000001', type: 0, allow: '0', deny: String(needed.SEND_MESSAGES) }],
    ['SEND_MESSAGES'],
  ],
  [
    'taken from everybody, given to its role',
    [
      { id: '400000000000000001', type: 0, allow: '0', deny: String(needed.SEND_MESSAGES) },
      { id: '600000000000000001', type: 0, allow: String(needed.SEND_MESSAGES), deny: '0' },
    ],
    [],
  ],
  [
    'given to its role, taken from the bot itself',
    [
      { id: '600000000000000001', type: 0, allow: String(needed.SEND_MESSAGES), deny: '0' },
      { id: '200000000000000001', type: 1, allow: '0', deny: String(needed.SEND_MESSAGES) },
    ],
    ['SEND_MESSAGES'],
  ],
])('permissions: %s', (_what, permission_overwrites, expected) => {
  const all = Object.values(needed).reduce((sum, bit) => sum | bit, 0n);
  const guild = { id: '400000000000000001', ownerId: '1', roles: [{ id: '400000000000000001', permissions: String(all) }] };
  const channel = readChannel({ id: channel_id, type: 0, permission_overwrites });
  if (channel === null) throw new Error('no channel');
  expect(lacking(permissionsIn(guild, channel, { id: '200000000000000001', roles: ['600000000000000001'] }))).toEqual(expected);
});

describe('login', () => {
  const asked = (token: string): LoginAsk & { readonly told: string[] } => {
    const told: string[] = [];
    return { told, text: async () => '', secret: async () => token, tell: (line) => void told.push(line) };
  };

  test('takes a token that is accepted, and says whose it is; check says what is missing and where to grant it', async () => {
    const theatre = new Theatre();
    theatre.discord.flags = 0;
    theatre.discord.revoke('SEND_MESSAGES_IN_THREADS');
    const ask = asked(` Bot ${theatre.discord.token} `);
    expect(await theatre.done(login(theatre.wire, ask, theatre.setting))).toEqual({ DISCORD_BOT_TOKEN: theatre.discord.token });
    expect(ask.told.join('\n')).toMatch(/that of mos\. .*client_id=200000000000000001&scope=bot&permissions=\d+/);
    const missing = await theatre.done(check(theatre.wire, theatre.setting));
    expect(missing.map(({ remedy }) => remedy).join('\n')).toMatch(/Message Content Intent[\s\S]*under Permissions/);
    expect(ask.told.join('\n')).not.toContain(theatre.discord.token);
  });

  test.each([
    ['is not accepted', `M${'A'.repeat(23)}.GabcdE.${'y'.repeat(38)}`, 'does not accept'],
    ['is none', 'no token at all', 'does not look like'],
  ])('a token that %s is refused, and not repeated', async (_what, token, message) => {
    const theatre = new Theatre();
    const error = await theatre
      .done(login(theatre.wire, asked(token), theatre.setting))
      .catch((reason: unknown) => String(reason));
    expect(error).toContain(message);
    expect(error).not.toContain(token);
  });

  test('check: nothing is missing, something is, nobody is there', async () => {
    const theatre = new Theatre();
    expect(await theatre.done(check(theatre.wire, theatre.setting))).toEqual([]);
    theatre.discord.revoke('VIEW_CHANNEL');
    expect(await theatre.done(check(theatre.wire, theatre.setting))).toMatchObject([{ what: 'VIEW_CHANNEL' }]);
    expect(await check(theatre.wire, { ...theatre.setting, secrets: {} })).toMatchObject([{ what: 'token' }]);
    theatre.discord.gateway.isDown = true;
    await expect(theatre.done(check(theatre.wire, theatre.setting))).rejects.toThrow('could not be asked');
    expect(theatre.rest.log.every(({ method }) => method === 'GET')).toBe(true);
  });
});
