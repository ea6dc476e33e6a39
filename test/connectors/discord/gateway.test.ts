import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Theatre } from './stage.ts';

let theatre: Theatre;
beforeEach(() => {
  theatre = new Theatre();
});
afterEach(() => theatre.close());

const minute = 60_000;
const hour = 60 * minute;

describe('a connection that breaks', () => {
  test.each([
    ['is cut', () => theatre.discord.gateway.drop()],
    ['is closed with a code that says to come back', () => theatre.discord.gateway.drop(4000)],
    ['is to be made anew', () => theatre.discord.gateway.ask(7, null)],
  ])('%s: it is resumed, and what came meanwhile is told by the gateway, once', async (_what, breaks) => {
    await theatre.live();
    const asked = theatre.rest.count('GET', /\/messages/);
    breaks();
    theatre.discord.say('while it was away');
    await theatre.hears('while it was away');
    const { resumes, identifies } = theatre.discord.gateway;
    expect([resumes, identifies.length]).toEqual([1, 1]);
    expect(theatre.rest.count('GET', /\/messages/)).toBe(asked);
    expect(theatre.heard.map(({ text }) => text)).toEqual(['while it was away']);
    expect(theatre.heard[0]?.origin).toBe('live');
  });

  test.each([
    ['the session is over', () => theatre.discord.gateway.invalidateSessions()],
    ['it is closed for good', () => theatre.discord.gateway.drop(4009)],
  ])('%s: a new one is begun, and what came meanwhile is read over REST', async (_what, ends) => {
    await theatre.live();
    ends();
    theatre.discord.gateway.drop(4009);
    theatre.discord.say('in the gap');
    await theatre.hears('in the gap');
    expect(theatre.heard[0]?.origin).toBe('catchup');
    expect(theatre.discord.gateway.identifies).toHaveLength(2);
    theatre.discord.say('after it');
    await theatre.hears('after it');
    expect(theatre.texts).toEqual(['in the gap', 'after it']);
  });

  test('a session that is refused when it is to be resumed: a new one, and nothing is missed', async () => {
    await theatre.live();
    theatre.discord.gateway.refuseResumes = 1;
    theatre.discord.gateway.drop();
    theatre.discord.say('in the gap');
    await theatre.hears('in the gap');
    const { resumes, identifies } = theatre.discord.gateway;
    expect([resumes, identifies.length]).toEqual([1, 2]);
  });

  test('a heartbeat that is not answered: the connection is left, and resumed', async () => {
    await theatre.live();
    theatre.discord.gateway.acknowledges = false;
    await theatre.clock.until('it comes again', () => theatre.discord.gateway.resumes > 0);
    theatre.discord.gateway.acknowledges = true;
    await theatre.until('live');
    expect(theatre.discord.gateway.identifies).toHaveLength(1);
  });

  test('a heartbeat that is asked for comes at once', async () => {
    await theatre.live();
    const before = theatre.discord.gateway.beats.length;
    theatre.discord.gateway.ask(1, null);
    await theatre.clock.until('it beats', () => theatre.discord.gateway.beats.length > before);
    expect(theatre.clock.now()).toBeLessThan(10_000);
  });

  test('an event that is missing among those that come is noticed by their numbers, and read over REST', async () => {
    await theatre.live();
    theatre.discord.gateway.isSilent = true;
    theatre.discord.say('lost on the way');
    theatre.discord.gateway.isSilent = false;
    theatre.discord.say('the next one');
    await theatre.hears('the next one');
    expect(theatre.texts).toEqual(['lost on the way', 'the next one']);
    expect(theatre.discord.gateway.identifies).toHaveLength(1);
  });

  test('what comes before READY does not hide what was missed', async () => {
    await theatre.live();
    theatre.discord.gateway.drop(4009);
    theatre.discord.say('in the gap');
    theatre.discord.gateway.isSilent = true;
    await theatre.clock.until('it identifies', () => theatre.discord.gateway.identifies.length > 1);
    theatre.discord.gateway.isSilent = false;
    theatre.discord.say('before READY');
    await theatre.hears('before READY');
    expect(theatre.texts).toEqual(['in the gap', 'before READY']);
  });

  test('a gateway that answers and tells nothing is found out, and left for a new session', async () => {
    await theatre.live();
    theatre.discord.gateway.isSilent = true;
    theatre.discord.say('to a deaf one');
    await theatre.clock.until('it comes again', () => theatre.discord.gateway.identifies.length > 1);
    theatre.discord.gateway.isSilent = false;
    await theatre.hears('to a deaf one');
    expect(theatre.clock.now()).toBeLessThan(8 * minute);
  });

  test('what was deleted again does not make it look deaf', async () => {
    await theatre.live();
    theatre.discord.say('a');
    await theatre.hears('a');
    await theatre.close();
    theatre.discord.say('deleted at once');
    await theatre.live();
    theatre.discord.channel.messages.pop();
    await theatre.clock.pass(2 * hour);
    expect(theatre.discord.gateway.identifies).toHaveLength(2);
  });
});

describe('what makes no sense to try again', () => {
  test.each([
    [4004, 'token'],
    [4010, 'gateway'],
    [4011, 'gateway'],
    [4012, 'gateway'],
    [4013, 'gateway'],
    [4014, 'MESSAGE_CONTENT'],
  ])('close code %i is told, and tried once', async (code, what) => {
    theatre.discord.gateway.closeAfterIdentify = { code, times: 1000 };
    theatre.listen();
    await theatre.until('stopped');
    await theatre.clock.pass(24 * hour);
    expect(theatre.missing()).toEqual([what]);
    expect(theatre.discord.gateway.identifies).toHaveLength(1);
  });

  test('a token that is not accepted: one request, no connection, and it says what to do', async () => {
    theatre.discord.isTokenValid = false;
    theatre.listen();
    await theatre.until('stopped');
    expect(await theatre.send()).toMatchObject({ outcome: 'unavailable' });
    await theatre.clock.pass(24 * hour);
    expect(theatre.rest.log).toHaveLength(1);
    expect(theatre.discord.gateway.tokens).toEqual([]);
    const [missing] = theatre.connector.health().missing;
    expect(missing).toMatchObject({ what: 'token', remedy: expect.stringContaining('muster connector login') });
    expect(theatre.connector.health().authenticated).toBe(false);
  });

  test('a token that is revoked while it runs', async () => {
    await theatre.live();
    theatre.discord.isTokenValid = false;
    theatre.discord.gateway.drop(4004);
    await theatre.until('stopped');
    const requests = theatre.rest.log.length;
    for (const transaction of ['a.0', 'b.0', 'c.0']) await theatre.send({ transaction });
    await theatre.clock.pass(hour);
    expect(theatre.rest.log.length).toBeLessThanOrEqual(requests + 1);
    expect(theatre.missing()).toEqual(['token']);
  });

  test('a gateway on another host never sees the token', async () => {
    theatre.discord.gateway.url = 'wss://gateway.elsewhere.test/';
    theatre.listen();
    await theatre.until('stopped');
    expect(theatre.missing()).toEqual(['gateway']);
    expect(theatre.connector.health().detail).toContain('gateway.elsewhere.test');
    expect(theatre.discord.gateway.tokens).toEqual([]);
  });

  test('a session that would be resumed on another host is begun anew', async () => {
    theatre.discord.gateway.resumeUrl = 'wss://discord.test.elsewhere/';
    await theatre.live();
    theatre.discord.gateway.drop();
    await theatre.clock.until('it comes again', () => theatre.discord.gateway.identifies.length > 1);
    expect(theatre.discord.gateway.resumes).toBe(0);
  });
});

describe('the budget of sessions', () => {
  const day = 24 * hour;
  const most = (times: readonly number[]): number =>
    Math.max(0, ...times.map((from) => times.filter((at) => at >= from && at < from + day).length));

  test.each<[string, () => void]>([
    ['refuses connections', () => (theatre.discord.gateway.isDown = true)],
    ['closes before HELLO', () => (theatre.discord.gateway.closeBeforeHello = 1e9)],
    ['closes after IDENTIFY', () => (theatre.discord.gateway.closeAfterIdentify = { code: 4000, times: 1e9 })],
    ['says that the session is invalid', () => (theatre.discord.gateway.invalidAfterIdentify = 1e9)],
    ['closes after READY, without its session', () => (theatre.discord.gateway.closeAfterReady = { code: 4009, times: 1e9 })],
  ])('a day of a gateway that %s', async (_what, breaks) => {
    breaks();
    theatre.listen();
    await theatre.clock.pass(day);
    const { identifies, remaining } = theatre.discord.gateway;
    expect(most(identifies)).toBeLessThanOrEqual(400);
    expect(remaining).toBeGreaterThan(500);
    expect(identifies.every((at, index) => at - (identifies[index - 1] ?? 0) >= 5000)).toBe(true);
  });

  test('no session is begun that could not be counted', async () => {
    theatre.disk.isFull = true;
    theatre.listen();
    await theatre.clock.pass(hour);
    expect(theatre.discord.gateway.identifies).toEqual([]);
    theatre.disk.isFull = false;
    await theatre.until('live');
  });

  test('a process that dies at each start keeps to it, too', async () => {
    for (let start = 0; start < 300; start += 1) {
      theatre.listen();
      await theatre.clock.pass(320_000);
      await theatre.close();
    }
    const { identifies } = theatre.discord.gateway;
    expect(identifies.length).toBeGreaterThan(10);
    expect(most(identifies)).toBeLessThanOrEqual(400);
  });

  test('the last ones that the server allows are left to others, until it allows more', async () => {
    theatre.discord.gateway.remaining = 50;
    theatre.listen();
    await theatre.until('waiting');
    expect(theatre.connector.health()).toMatchObject({
      retryAt: expect.stringMatching(/^2026-01-01T01:00:00/),
      detail: expect.stringContaining('used up'),
    });
    await theatre.clock.pass(hour - minute);
    expect(theatre.discord.gateway.identifies).toEqual([]);
    theatre.discord.gateway.remaining = 1000;
    await theatre.until('live');
  });
});

describe('stop', () => {
  test.each<[string, () => void, () => Promise<void>]>([
    ['while nobody answers', () => (theatre.discord.gateway.isDown = true), () => theatre.clock.pass(minute)],
    ['at once', () => {}, async () => {}],
    ['before HELLO', () => (theatre.discord.gateway.closeBeforeHello = 1e9), () => theatre.clock.pass(minute)],
    [
      'while the session is refused',
      () => (theatre.discord.gateway.invalidAfterIdentify = 1e9),
      () => theatre.clock.pass(minute),
    ],
    ['when it is live', () => {}, () => theatre.until('live')],
    ['while what comes cannot be written', () => (theatre.refuses = 1e9), () => theatre.clock.pass(minute)],
  ])('%s: no connection is left, and none is made', async (_what, breaks, reached) => {
    breaks();
    theatre.listen();
    await reached();
    await theatre.done(theatre.close());
    await theatre.clock.pass(hour);
    expect(theatre.discord.gateway.connections.size).toBe(0);
    expect(theatre.connector.health().phase).toBe('stopped');
  });

  test('when the receiver never answers, not even to where it begins', async () => {
    const first = theatre.make().subscribe(null, () => new Promise(() => {}));
    await theatre.clock.pass(minute);
    await theatre.done(first.close());
    await theatre.live();
    const stuck = theatre.connector.subscribe(theatre.cursor, () => new Promise(() => {}));
    theatre.discord.say('x');
    await theatre.clock.pass(minute);
    await theatre.done(stuck.close());
  });

  test('two connectors in one process have a session each', async () => {
    await theatre.live();
    const other = new Theatre();
    await other.live();
    theatre.discord.gateway.drop();
    other.discord.gateway.drop();
    await theatre.clock.until('the one is back', () => theatre.discord.gateway.resumes === 1);
    await other.clock.until('the other one is back', () => other.discord.gateway.resumes === 1);
    await other.close();
  });
});
